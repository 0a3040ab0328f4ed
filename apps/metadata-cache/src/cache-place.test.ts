/** Names of documents: readable, apart from each other, and inside the directory whatever the source is called. */
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documentNameOf } from './cache-place.ts';

describe('the name of a document', () => {
  it.each([
    ['https://example.net/a/catalogue.json'],
    ['/../../etc/passwd'],
    ['/'],
    [`/${'x'.repeat(5_000)}`],
    ['/ñandú/目录.json'],
  ])('of %s stays in the directory and below the limit of a name', (location) => {
    const name = documentNameOf({ name: 'json', location });
    expect(basename(name)).toBe(name);
    expect(name).toMatch(/^json-[A-Za-z0-9-]*\.[0-9a-f]{16}\.json$/);
    expect(Buffer.byteLength(name)).toBeLessThan(120);
  });

  it('of two sources that read alike is not the same', () => {
    const [one, other] = ['/a/b', '/a-b'].map((location) => documentNameOf({ name: 'json', location }));
    expect(one).not.toBe(other);
  });
});
