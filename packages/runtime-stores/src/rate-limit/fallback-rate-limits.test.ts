/** What answers while a store cannot: less than usual, then nobody; and the store again when it is back. */
import { type Clock, HoldfastError, systemClock } from '@holdfast/base';
import { beforeEach, describe, expect, it } from 'vitest';
import { FallbackRateLimits } from './fallback-rate-limits.ts';
import { MemoryRateLimits } from './memory-rate-limits.ts';
import type { RateLimit, RateLimitStore } from './rate-limit.ts';

const limit: RateLimit = { name: 'login', limit: 8, periodMs: 8_000, burst: 8 };

describe('a rate limit whose store is away', () => {
  let nowMs: number;
  let isDown: boolean;
  let asked: number;
  let failures: string[];
  const clock: Clock = { ...systemClock, wallMs: () => nowMs, monotonicMs: () => nowMs };
  const make = (options: { readonly mostKeys?: number } = {}) => {
    const memory = new MemoryRateLimits({ clock });
    const ask = <Answer>(answer: () => Promise<Answer>): Promise<Answer> => {
      asked += 1;
      if (isDown) return Promise.reject(new HoldfastError('STORE_UNREACHABLE', 'away'));
      return answer();
    };
    const store: RateLimitStore = {
      take: (...given) => ask(() => memory.take(...given)),
      refund: (...given) => ask(() => memory.refund(...given)),
      sweep: () => ask(() => memory.sweep()),
    };
    return new FallbackRateLimits({
      store,
      clock,
      onFailure: ({ code }) => failures.push(code),
      ...options,
    });
  };

  beforeEach(() => {
    nowMs = 1_800_000_000_000;
    isDown = true;
    asked = 0;
    failures = [];
  });

  it('allows a quarter, then refuses everybody by its code', async () => {
    const limits = make();
    expect(await limits.take(limit, 'a')).toMatchObject({ isAllowed: true, remaining: 1 });
    expect(await limits.take(limit, 'a')).toMatchObject({ isAllowed: true, remaining: 0 });
    await expect(limits.take(limit, 'a')).rejects.toMatchObject({
      code: 'RATE_LIMIT_UNAVAILABLE',
      details: { retryAfterMs: 4_000 },
    });
    expect(await limits.take(limit, 'b')).toMatchObject({ isAllowed: true });
    expect(limits.isStoreUp).toBe(false);
  });

  it('asks the store once in a while, and goes by it when it is back', async () => {
    const limits = make();
    for (let calls = 0; calls < 2; calls += 1) await limits.take(limit, 'a');
    expect([asked, failures]).toEqual([1, ['STORE_UNREACHABLE']]);
    nowMs += 1_000;
    isDown = false;
    expect(await limits.take(limit, 'a')).toMatchObject({ isAllowed: true, remaining: 7 });
    expect([asked, limits.isStoreUp]).toEqual([2, true]);
  });

  it('lets one of many that come at once wait for the store', async () => {
    const limits = make();
    await limits.take(limit, 'a');
    nowMs += 1_000;
    await Promise.all(['b', 'c', 'd'].map((key) => limits.take(limit, key)));
    expect(asked).toBe(2);
  });

  it('gives back locally what was taken locally', async () => {
    const limits = make();
    for (let calls = 0; calls < 5; calls += 1) {
      expect(await limits.take(limit, 'a')).toMatchObject({ isAllowed: true });
      await limits.refund(limit, 'a');
    }
  });

  it('remembers so many keys and refuses new ones beyond', async () => {
    const limits = make({ mostKeys: 3 });
    for (const key of 'abc') await limits.take(limit, key);
    await expect(limits.take(limit, 'd')).rejects.toMatchObject({ code: 'RATE_LIMIT_UNAVAILABLE' });
    nowMs += 4_000;
    expect(await limits.take(limit, 'd')).toMatchObject({ isAllowed: true });
  });

  it('passes on what is the doing of the caller', async () => {
    isDown = false;
    await expect(make().take(limit, '')).rejects.toMatchObject({ code: 'USAGE' });
    expect(failures).toEqual([]);
  });
});
