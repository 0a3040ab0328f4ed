/** Any scope is one file name, and one only. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lockFileName } from './lock-name.ts';

const anyScope = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 200 })
  .filter((text) => !/\p{Cc}/u.test(text));

describe('lockFileName', () => {
  it('gives every scope a short name that stays in its directory', () => {
    fc.assert(
      fc.property(anyScope, (scope) => {
        expect(lockFileName(scope)).toMatch(/^([a-z0-9-]{1,40}\.)?[0-9a-f]{32}\.lock$/);
      }),
    );
  });

  it('gives different scopes different names, also where a file system folds case', () => {
    fc.assert(
      fc.property(anyScope, anyScope, (one, other) => {
        expect(lockFileName(one).toLowerCase() === lockFileName(other).toLowerCase()).toBe(one === other);
      }),
    );
  });

  it('keeps the readable part of a scope', () => {
    expect(lockFileName('policy:gw1')).toMatch(/^policy-gw1\./);
  });

  it('is the same for a scope that has left the cache', () => {
    const first = lockFileName('token:web');
    for (let other = 0; other < 2_000; other += 1) lockFileName(`rate-limit:${other}`);
    expect(lockFileName('token:web')).toBe(first);
  });
});
