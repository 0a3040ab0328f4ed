/** Cursors: what was made comes back, what was made up is refused. */
import { InvalidInput } from '@holdfast/mutations';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from './page-cursor.ts';

const made = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url');

describe('a cursor', () => {
  it('tells the place that it was made of', () => {
    fc.assert(
      fc.property(fc.string(), fc.maxSafeInteger(), (text, id) => {
        expect(decodeCursor(encodeCursor('label', [text, id]), 'label', ['', 0])).toEqual([
          text.toWellFormed(),
          id,
        ]);
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'abc'],
    ['no list', made({ 0: 'label' })],
    ['of another list', made(['id', 5])],
    ['of the other direction', made(['-label', 'a', 5])],
    ['too short', made(['label', 'a'])],
    ['too long', made(['label', 'a', 5, 6])],
    ['with a text for a number', made(['label', 'a', '5'])],
    ['with a number for a text', made(['label', 5, 5])],
    ['with a broken number', made(['label', 'a', 5.5])],
    ['with a number that is too large', made(['label', 'a', 1e300])],
    ['with an object', made(['label', {}, 5])],
  ])('that is %s is refused', (_what, cursor) => {
    expect(() => decodeCursor(cursor, 'label', ['', 0])).toThrow(InvalidInput);
  });
});
