/** The bytes of a document: what goes in comes out, and nothing else does. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeDocument, encodeDocument } from './document-format.ts';

const seed = Date.now() % 2 ** 31;

describe('document format', () => {
  it('is a header line and a body that stand alone', () => {
    const [header, body, rest] = Buffer.from(encodeDocument('{"a":1}', 7)).toString().split('\n');
    expect(JSON.parse(header ?? '')).toEqual({
      format: 1,
      version: 1,
      generation: 7,
      length: 8,
      sha256: createHash('sha256').update('{"a":1}\n').digest('hex'),
    });
    expect([body, rest]).toEqual(['{"a":1}', '']);
  });

  it(`any JSON value round-trips (seed ${seed})`, () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        (value, generation) => {
          const json = JSON.stringify(value);
          const decoded = decodeDocument(Buffer.from(encodeDocument(json, generation)));
          expect(decoded).toMatchObject({ kind: 'good', generation });
          expect(decoded.kind === 'good' && JSON.stringify(decoded.value)).toBe(
            JSON.stringify(JSON.parse(json)),
          );
        },
      ),
      { seed },
    );
  });

  it(`no cut, growth or changed byte of a body decodes (seed ${seed})`, () => {
    const whole = Buffer.from(encodeDocument('{"rules":[1,2,3],"name":"gw1"}', 3));
    const bodyStart = whole.indexOf(0x0a) + 1;
    fc.assert(
      fc.property(
        fc.integer({ min: bodyStart, max: whole.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (index, difference) => {
          const changed = Buffer.from(whole);
          changed[index] = (changed[index] ?? 0) ^ difference;
          expect(decodeDocument(changed).kind).toBe('damaged');
          expect(decodeDocument(whole.subarray(0, index)).kind).toBe('damaged');
          expect(decodeDocument(Buffer.concat([whole, changed])).kind).toBe('damaged');
        },
      ),
      { seed },
    );
  });

  it(`whatever the bytes are, there is an answer (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(decodeDocument(Buffer.from(bytes)).kind).toBe('damaged');
      }),
      { seed },
    );
  });

  it.each([7, 9])('a length of %i for a body of 8 bytes is damage, whatever the checksum says', (length) => {
    const text = Buffer.from(encodeDocument('{"a":1}', 5))
      .toString()
      .replace('"length":8', `"length":${length}`);
    expect(decodeDocument(Buffer.from(text)).kind).toBe('damaged');
  });

  it('a header without a version is of the first', () => {
    const text = Buffer.from(encodeDocument('{}', 5, 3)).toString();
    expect(decodeDocument(Buffer.from(text))).toMatchObject({ kind: 'good', version: 3 });
    const without = Buffer.from(text.replace('"version":3,', ''));
    expect(decodeDocument(without)).toMatchObject({ kind: 'good', version: 1 });
    const odd = Buffer.from(text.replace('"version":3', '"version":0'));
    expect(decodeDocument(odd).kind).toBe('damaged');
  });

  it.each(['0', '-1', '1.5', '"1"', 'null', '9007199254740993'])(
    'a generation of %s is damage',
    (generation) => {
      const text = Buffer.from(encodeDocument('{}', 5))
        .toString()
        .replace('"generation":5', `"generation":${generation}`);
      expect(decodeDocument(Buffer.from(text)).kind).toBe('damaged');
    },
  );
});
