/** The catalogue that follows: revisions, and what a merge leaves alone. */
import { describe, expect, it } from 'vitest';
import type { FetchedEntry } from '../source/catalogue-source.ts';
import { mergedCatalogue, wholeCatalogue } from './next-catalogue.ts';

const facts = { source: { name: 'foojay', location: 'http://x' }, checkedAt: 'then', publication: 'p1' };
const entry = (name: string, count = 1): FetchedEntry => ({
  name,
  count,
  content: [name],
  isUnchanged: false,
});

describe('the next catalogue', () => {
  const first = wholeCatalogue(
    { etag: '"a"', entries: [entry('zulu'), entry('temurin')] },
    { ...facts, present: undefined },
  );
  const later = { ...facts, checkedAt: 'now', publication: 'p2' };

  it('of everything counts up, and stamps every entry', () => {
    expect(first).toMatchObject({ revision: 1, wholeRevision: 1, checkedAt: 'then', etag: '"a"' });
    const second = wholeCatalogue(
      { etag: undefined, entries: [entry('zulu', 9)] },
      { ...later, present: first },
    );
    expect(second).toMatchObject({ revision: 2, wholeRevision: 2, publication: 'p2' });
    expect(second).not.toHaveProperty('etag');
    expect(second.entries).toMatchObject([{ name: 'zulu', count: 9, revision: 2, checkedAt: 'now' }]);
  });

  it('of one entry leaves the others, the order and the time of the whole', () => {
    const merged = mergedCatalogue(entry('zulu', 5), first, { ...later, present: first });
    expect(merged).toMatchObject({ revision: 2, wholeRevision: 1, checkedAt: 'then', etag: '"a"' });
    expect(merged.entries).toMatchObject([
      { name: 'zulu', count: 5, revision: 2 },
      { name: 'temurin', revision: 1 },
    ]);
  });

  it('takes in an entry that is new to the source', () => {
    const merged = mergedCatalogue(entry('kona'), first, { ...later, present: first });
    expect(merged.entries.map(({ name }) => name)).toEqual(['zulu', 'temurin', 'kona']);
  });
});
