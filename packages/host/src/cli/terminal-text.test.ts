/** Widths, cuts and wraps of text that nobody here has written. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutToWidth, displayWidth, printable, wrapToWidth } from './terminal-text.ts';

const family = '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}';

describe('display width', () => {
  it.each([
    ['', 0],
    ['policy:gw1', 10],
    ['日本語', 6],
    ['한국어', 6],
    ['Ａ', 2], // fullwidth A
    ['é', 1],
    ['e\u0301', 1],
    ['\u0301', 0],
    ['\u{1F680}', 2],
    ['\u2764', 1],
    ['\u2764\uFE0F', 2],
    ['\u{1F1E9}\u{1F1EA}', 4], // a flag: two columns where flags are known, four letters' worth where not
    [family, 6],
    ['\u{20BB7}', 2],
    ['a\u200Bb', 2],
  ])('of %j is %d', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe('printable text', () => {
  it.each([
    ['\x1b[2J\x1b[31mred', '?[2J?[31mred'],
    ['a\nb\r\tc\x07', 'a?b??c?'],
    ['\u009b31m', '?31m'],
    ['\u202Eexe.txt', '?exe.txt'],
    ['a\u2028b', 'a?b'],
    ['\uD800x', '?x'],
    ['día 日本 \u{1F680}', 'día 日本 \u{1F680}'],
    [family, family],
  ])('of %j is %j', (text, safe) => {
    expect(printable(text)).toBe(safe);
  });

  it('has no control characters, whatever it was', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        (text) => !/[\p{Cc}\u202A-\u202E\u2066-\u2069]/u.test(printable(text)),
      ),
    );
  });
});

const texts = fc.string({ unit: fc.constantFrom('a', ' ', '日', '\u{1F680}', 'e\u0301', family, '…', '-') });
const columns = fc.integer({ min: 0, max: 40 });

describe('a cut', () => {
  it.each([
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['日本語', 4, '日…'],
    ['日本語', 3, '日…'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
  ])('of %j to %d columns is %j', (text, width, cut) => {
    expect(cutToWidth(text, width)).toBe(cut);
  });

  it('never takes more columns than there are', () => {
    fc.assert(fc.property(texts, columns, (text, width) => displayWidth(cutToWidth(text, width)) <= width));
  });
});

describe('a wrap', () => {
  it.each([
    ['one two three', 7, ['one two', 'three']],
    ['abcdefgh', 3, ['abc', 'def', 'gh']],
    ['日本語', 5, ['日本', '語']],
    ['', 5, ['']],
  ])('of %j to %d columns is %j', (text, width, lines) => {
    expect(wrapToWidth(text, width)).toEqual(lines);
  });

  it('has no line that is too long, and loses nothing but blanks', () => {
    const wide = fc.integer({ min: displayWidth(family), max: 40 });
    fc.assert(
      fc.property(texts, wide, (text, width) => {
        const lines = wrapToWidth(text, width);
        expect(lines.filter((line) => displayWidth(line) > width)).toEqual([]);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      }),
    );
  });
});
