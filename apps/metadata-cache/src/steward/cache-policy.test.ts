/** The decisions of the steward, all of them, as a table. */
import { describe, expect, it } from 'vitest';
import { allowances, type CacheState, cacheStates } from './cache-facts.ts';
import { decideCache } from './cache-policy.ts';
import { type CacheReasonKind, cacheReason, cacheReasonKinds } from './cache-reason.ts';

/** By reason: what is done for `never`, `damaged` and `needed`, in the order of `cacheStates`. */
const table: Readonly<Record<CacheReasonKind, Readonly<Record<CacheState, string>>>> = {
  manual: {
    fresh: 'refresh refresh refresh',
    stale: 'refresh refresh refresh',
    'last-good': 'refresh refresh refresh',
    absent: 'refresh refresh refresh',
    corrupt: 'refresh refresh refresh',
    unreadable: 'refuse refuse refuse',
    newer: 'refuse refuse refuse',
  },
  only: {
    fresh: 'merge merge merge',
    stale: 'merge merge merge',
    'last-good': 'merge merge merge',
    absent: 'refresh refresh refresh',
    corrupt: 'refresh refresh refresh',
    unreadable: 'refuse refuse refuse',
    newer: 'refuse refuse refuse',
  },
  missing: {
    fresh: 'serve serve serve',
    stale: 'serve serve serve',
    'last-good': 'serve serve serve',
    absent: 'refuse refuse refresh',
    corrupt: 'refuse refuse refresh',
    unreadable: 'refuse refuse refuse',
    newer: 'refuse refuse refuse',
  },
  stale: {
    fresh: 'serve serve refresh',
    stale: 'serve serve refresh',
    'last-good': 'serve serve refresh',
    absent: 'refuse refuse refuse',
    corrupt: 'refuse refuse refuse',
    unreadable: 'refuse refuse refuse',
    newer: 'refuse refuse refuse',
  },
  corrupt: {
    fresh: 'serve serve serve',
    stale: 'serve serve serve',
    'last-good': 'serve serve refresh',
    absent: 'refuse refresh refresh',
    corrupt: 'refuse refresh refresh',
    unreadable: 'refuse refuse refuse',
    newer: 'refuse refuse refuse',
  },
};

describe.each(cacheReasonKinds)('for the reason %s', (kind) => {
  it.each(cacheStates)('a cache that is %s is decided on as the table says', (state) => {
    const found = allowances.map((allowance) => {
      const verdict = decideCache(cacheReason(kind), { state, allowance });
      expect(verdict.because).not.toBe('');
      if (verdict.kind === 'act') return verdict.actions.join();
      return verdict.kind === 'keep' ? 'serve' : verdict.kind;
    });
    expect(found.join(' ')).toBe(table[kind][state]);
  });
});
