/** The look-up as a table: what the files hold at each look decides what is served. */
import { describe, expect, it } from 'vitest';
import { encodeDocument } from './document-format.ts';
import { type FoundDocument, lookUp } from './look-up.ts';

const one = Buffer.from(encodeDocument('"one"', 1));
const two = Buffer.from(encodeDocument('"two"', 2));
const torn = two.subarray(0, 40);

/** Feeds the looks in turn; returns the answer and which files were asked for. */
function look(...files: readonly (Buffer | undefined)[]): { found: FoundDocument; asked: readonly string[] } {
  const steps = lookUp('doc');
  const asked: string[] = [];
  let step = steps.next();
  for (const file of files) {
    if (step.done === true) throw new Error('fewer looks than files');
    asked.push(step.value);
    step = steps.next(file);
  }
  if (step.done !== true) throw new Error('more looks than files');
  return { found: step.value, asked };
}

describe('look-up', () => {
  it('a whole current file is one look', () => {
    expect(look(two)).toMatchObject({ found: { source: 'current', generation: 2 }, asked: ['doc'] });
  });

  it('no file at all is absent after two looks', () => {
    expect(look(undefined, undefined)).toEqual({
      found: { source: 'absent' },
      asked: ['doc', 'doc.last-good'],
    });
  });

  it('a torn current file is looked at again before the last good one is served', () => {
    expect(look(torn, one, torn)).toMatchObject({
      found: { source: 'last-good', generation: 1, isCurrentDamaged: true },
      asked: ['doc', 'doc.last-good', 'doc'],
    });
  });

  it('a publish between the looks is served as current', () => {
    expect(look(torn, one, two).found).toMatchObject({ source: 'current', generation: 2 });
    expect(look(undefined, one, two).found).toMatchObject({ source: 'current', generation: 2 });
    expect(look(torn, torn, two).found).toMatchObject({ source: 'current', generation: 2 });
  });

  it('a missing current file leaves nothing to move aside', () => {
    expect(look(undefined, one, undefined).found).toMatchObject({
      source: 'last-good',
      isCurrentDamaged: false,
    });
  });

  it('a removal between the looks is absence', () => {
    expect(look(torn, undefined, undefined).found).toEqual({ source: 'absent' });
  });

  it.each([
    ['both are damaged', [torn, torn, torn]],
    ['the only one is damaged', [torn, undefined, torn]],
    ['the last good one alone is there and damaged', [undefined, torn, undefined]],
  ])('nothing whole is an error: %s', (_, files) => {
    expect(() => look(...files)).toThrow(expect.objectContaining({ code: 'DOCUMENT_INVALID' }));
  });
});
