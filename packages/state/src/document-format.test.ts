/** The bytes of a document: what goes in comes out, and nothing else does. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeDocument, encodeDocument } from './document-format.ts';

const seed = Date.now() % 2 ** 31;

describe('document format', () => {
  it('is a header line and a body that stand alone', () => {
    const whole = Buffer.from(encodeDocument('{"a":1}', 7));
    const [header, body, rest] = whole.toString().split('\n');
    expect(JSON.parse(header ?? '')).toEqual({
      sha256: createHash('sha256').update(whole.subarray(75)).digest('hex'),
      format: 1,
      version: 1,
      generation: 7,
      length: 8,
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

  it(`no cut, growth or changed byte of a document decodes as one (seed ${seed})`, () => {
    const whole = Buffer.from(encodeDocument('{"rules":[1,2,3],"name":"gw1"}', 3, 2));
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: whole.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (index, difference) => {
          const changed = Buffer.from(whole);
          changed[index] = (changed[index] ?? 0) ^ difference;
          expect(decodeDocument(changed).kind).not.toBe('good');
          expect(decodeDocument(whole.subarray(0, index)).kind).toBe('damaged');
          expect(decodeDocument(Buffer.concat([whole, changed])).kind).toBe('damaged');
        },
      ),
      { seed, numRuns: 500 },
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

  it.each([
    ['a length that is too small', '"length":8', '"length":7'],
    ['a length that is too large', '"length":8', '"length":9'],
    ['no version', '"version":3,', ''],
    ...['0', '1.5', '"1"', 'null'].map((odd) => [`version ${odd}`, '"version":3', `"version":${odd}`]),
    ...['0', '-1', '1.5', '"1"', 'null', '9007199254740993'].map((odd) => [
      `generation ${odd}`,
      '"generation":5',
      `"generation":${odd}`,
    ]),
  ])('%s is damage, whatever the checksum says', (_, from = '', to = '') => {
    const text = Buffer.from(encodeDocument('{"a":1}', 5, 3)).toString();
    expect(decodeDocument(resealed(text)).kind).toBe('good');
    expect(decodeDocument(resealed(text.replace(from, to))).kind).toBe('damaged');
  });
});

/** With the checksum that fits. */
function resealed(text: string): Buffer {
  const covered = Buffer.from(text).subarray(75);
  return Buffer.concat([
    Buffer.from(`{"sha256":"${createHash('sha256').update(covered).digest('hex')}`),
    covered,
  ]);
}
