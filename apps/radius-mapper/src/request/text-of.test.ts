/** Attributes as FreeRADIUS writes them, in both of its forms. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { storable, textOf } from './text-of.ts';

/** A body with one text, read as the mapper reads it. */
const read = (json: Buffer) => textOf(JSON.parse(json.toString('latin1')) as string);

/** As `%{jsonquote:…}` writes bytes where characters are signed: `\u00XX` from 0x80 on. */
function escaped(bytes: Uint8Array): Buffer {
  const text = [...bytes]
    .map((byte) => {
      if (byte < 0x20 || byte >= 0x80) return `\\u00${byte.toString(16).padStart(2, '0').toUpperCase()}`;
      const character = String.fromCharCode(byte);
      return ['"', '\\', '/'].includes(character) ? `\\${character}` : character;
    })
    .join('');
  return Buffer.from(`"${text}"`, 'latin1');
}

/** As it writes them where characters are unsigned: as they are. */
function raw(bytes: Uint8Array): Buffer {
  const [start, end] = [Buffer.from('"'), Buffer.from('"')];
  return Buffer.concat([
    start,
    ...[...bytes].map((byte) =>
      byte < 0x80 ? escaped(Uint8Array.of(byte)).subarray(1, -1) : Buffer.of(byte),
    ),
    end,
  ]);
}

describe('a text of FreeRADIUS', () => {
  it.each([
    ['é', 'é'],
    ['Zoë — 日本 🚲', 'Zoë — 日本 🚲'],
    ['DOM\\user', 'DOM\\user'],
    ['q"q', 'q"q'],
    ['a/b', 'a/b'],
    ['a\0b', 'a\0b'],
    ['%{User-Password}', '%{User-Password}'],
    ['', ''],
  ])('%j is the same in both forms', (text, expected) => {
    const bytes = Buffer.from(text, 'utf8');
    expect(read(escaped(bytes))).toBe(expected);
    expect(read(raw(bytes))).toBe(expected);
  });

  it('that is no UTF-8 loses nothing and is no other text', () => {
    const bytes = Buffer.of(0x61, 0xff, 0xfe, 0x62);
    for (const text of [read(escaped(bytes)), read(raw(bytes))]) {
      expect(text).toBe('a\udcff\udcfeb');
      expect(text.isWellFormed()).toBe(false);
      expect(storable(text)).toBe('a%ff%feb');
    }
  });

  it('with a character beyond Latin-1 is text already', () => {
    expect(textOf('日é')).toBe('日é');
  });

  it('of any two strings of bytes differs where the bytes do, in both forms alike', () => {
    const bytes = fc.uint8Array({ maxLength: 12 });
    fc.assert(
      fc.property(bytes, bytes, (one, other) => {
        expect(read(raw(one))).toBe(read(escaped(one)));
        expect(read(escaped(one)) === read(escaped(other))).toBe(Buffer.compare(one, other) === 0);
      }),
    );
  });

  it('can be stored, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(storable(textOf(value)).isWellFormed()).toBe(true);
      }),
    );
    expect(storable('\ud800x🚲')).toBe('\ufffdx🚲');
  });
});
