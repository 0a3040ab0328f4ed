/** What every store of buckets has to do, whatever it keeps them in. */
import { type Clock, systemClock } from '@holdfast/base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TokenBuckets } from '../testing/token-buckets.ts';
import type { RateDecision, RateLimit, RateLimitStore } from './rate-limit.ts';

export interface RateLimitPlace extends AsyncDisposable {
  /** Another store on the same buckets, as another process would have it. */
  open(clock: Clock): RateLimitStore;
  /** Lets the bucket stand at `tatUs`, past the store; absent where only a clock that was far ahead can. */
  poison?(limit: RateLimit, key: string, tatUs: number): Promise<void>;
}

export interface RateLimitContractOptions {
  /** Random decisions that are compared with a token bucket. */
  readonly decisions: number;
}

const startMs = 1_800_000_000_000;
const hourMs = 3_600_000;
const limit: RateLimit = { name: 'login', limit: 10, periodMs: hourMs, burst: 4 };
const intervalMs = limit.periodMs / limit.limit;

export function describeRateLimitStore(
  name: string,
  makePlace: () => Promise<RateLimitPlace>,
  { decisions }: RateLimitContractOptions,
): void {
  describe(`the rate limit in ${name}`, () => {
    let place: RateLimitPlace;
    let nowMs: number;
    let store: RateLimitStore;
    const clock: Clock = { ...systemClock, wallMs: () => nowMs };
    const taken = async (count: number, key = 'a') => {
      const all: RateDecision[] = [];
      for (let done = 0; done < count; done += 1) all.push(await store.take(limit, key));
      return all;
    };

    beforeEach(async () => {
      nowMs = startMs;
      place = await makePlace();
      store = place.open(clock);
    });
    afterEach(() => place[Symbol.asyncDispose]());

    it('lets as many through as the burst, and says how many are left', async () => {
      const all = await taken(6);
      expect(all.map(({ isAllowed }) => isAllowed)).toEqual([true, true, true, true, false, false]);
      expect(all.map(({ remaining }) => remaining)).toEqual([3, 2, 1, 0, 0, 0]);
      expect(all[3]).toMatchObject({ retryAfterMs: 0, resetAfterMs: 4 * intervalMs });
    });

    it('lets as many through when all come at once, by two stores', async () => {
      const other = place.open(clock);
      const all = await Promise.all(
        Array.from({ length: 24 }, (_, index) => (index % 2 === 0 ? store : other).take(limit, 'a')),
      );
      expect(all.filter(({ isAllowed }) => isAllowed)).toHaveLength(limit.burst);
    });

    it('allows again after Retry-After and not a millisecond sooner', async () => {
      await taken(4);
      nowMs += 12_345;
      const { retryAfterMs } = await store.take(limit, 'a');
      nowMs += retryAfterMs - 1;
      expect(await store.take(limit, 'a')).toMatchObject({ isAllowed: false, retryAfterMs: 1 });
      nowMs += 1;
      expect(await store.take(limit, 'a')).toMatchObject({ isAllowed: true, remaining: 0 });
    });

    it('takes a cost whole or not at all', async () => {
      expect(await store.take(limit, 'a', 3)).toMatchObject({ isAllowed: true, remaining: 1 });
      expect(await store.take(limit, 'a', 2)).toMatchObject({
        isAllowed: false,
        remaining: 1,
        retryAfterMs: intervalMs,
      });
      expect(await store.take(limit, 'a', 1)).toMatchObject({ isAllowed: true, remaining: 0 });
    });

    it('never allows a cost above the burst, and takes nothing for it', async () => {
      const never = { isAllowed: false, retryAfterMs: Number.POSITIVE_INFINITY, remaining: 4 };
      expect(await store.take(limit, 'a', 5)).toMatchObject(never);
      expect(await store.take(limit, 'a', 4)).toMatchObject({ isAllowed: true });
    });

    it('gives back what was taken, and never more than fits', async () => {
      await taken(4);
      expect(await store.take(limit, 'a')).toMatchObject({ isAllowed: false });
      await store.refund(limit, 'a');
      expect(await store.take(limit, 'a')).toMatchObject({ isAllowed: true, remaining: 0 });
      await store.refund(limit, 'a', 9);
      await store.refund(limit, 'new');
      expect(await store.take(limit, 'a')).toMatchObject({ isAllowed: true, remaining: 3 });
      expect(await store.take(limit, 'new')).toMatchObject({ isAllowed: true, remaining: 3 });
    });

    it('keeps keys and limits apart, whatever they look like', async () => {
      const long = 'k'.repeat(10_240);
      const keys = [
        'a',
        'a/b',
        '../a',
        'a\0b',
        'a:b',
        'A',
        ' a',
        'ä',
        'a\u0308',
        '__proto__',
        '*',
        long,
        `${long}.`,
      ];
      for (const key of keys) {
        expect(await store.take(limit, key), key.slice(0, 20)).toMatchObject({
          isAllowed: true,
          remaining: 3,
        });
      }
      const other = { ...limit, name: 'login-a' };
      expect(await store.take(other, 'a')).toMatchObject({ remaining: 3 });
      expect(await store.take(limit, 'a')).toMatchObject({ remaining: 2 });
    });

    it('locks nobody out when the clock is set back by an hour', async () => {
      await taken(5);
      nowMs -= hourMs;
      expect(await store.take(limit, 'a')).toMatchObject({ isAllowed: true, remaining: 3 });
      expect((await taken(4)).map(({ isAllowed }) => isAllowed)).toEqual([true, true, true, false]);
    });

    it('is full when the clock has gone forward by a day', async () => {
      await taken(5);
      nowMs += 24 * hourMs;
      expect((await taken(5)).map(({ isAllowed }) => isAllowed)).toEqual([true, true, true, true, false]);
    });

    it('believes no time that a bucket cannot have', async () => {
      const farMs = startMs + 1_000 * 24 * hourMs;
      if (place.poison === undefined) {
        nowMs = farMs;
        await taken(1);
        nowMs = startMs;
      } else await place.poison(limit, 'a', farMs * 1_000);
      expect(await store.take(limit, 'a')).toMatchObject({ isAllowed: true, remaining: 3 });
    });

    it.each([0, -1, Number.NaN, 0.5, Number.POSITIVE_INFINITY, 2 ** 53])(
      'refuses a cost of %s',
      async (cost) => {
        await expect(store.take(limit, 'a', cost)).rejects.toMatchObject({ code: 'USAGE' });
        await expect(store.refund(limit, 'a', cost)).rejects.toMatchObject({ code: 'USAGE' });
      },
    );

    it.each([
      { limit: 0 },
      { limit: -1 },
      { periodMs: 0 },
      { burst: 0 },
      { burst: 1.5 },
      { limit: Number.NaN },
      { limit: 2, periodMs: 0.001 },
      { burst: Number.MAX_SAFE_INTEGER },
      { name: '' },
      { name: 'a"b' },
    ])('refuses a limit with %j', async (part) => {
      await expect(store.take({ ...limit, ...part }, 'a')).rejects.toMatchObject({ code: 'USAGE' });
    });

    it('refuses an empty key', async () => {
      await expect(store.take(limit, '')).rejects.toMatchObject({ code: 'USAGE' });
    });

    it('forgets full buckets and no others', async () => {
      await taken(4, 'a');
      await taken(1, 'b');
      nowMs += intervalMs;
      await store.sweep();
      expect(await store.take(limit, 'a')).toMatchObject({ isAllowed: true, remaining: 0 });
      expect(await store.take(limit, 'b')).toMatchObject({ isAllowed: true, remaining: 3 });
    });

    it(`decides as a token bucket does, ${decisions} times`, {
      timeout: 60_000 + 10 * decisions,
    }, async () => {
      const model = new TokenBuckets();
      const seed = Math.floor(Math.random() * 2 ** 31);
      const random = randomFrom(seed);
      const limits = [limit, { name: 'odd', limit: 7, periodMs: 1_000, burst: 3 }];
      for (let done = 0; done < decisions; done += 1) {
        const chosen = limits[random(2)] ?? limit;
        const key = `key ${random(4)}`;
        const cost = 1 + random(chosen.burst + 1);
        nowMs += random(3) === 0 ? random(chosen.periodMs) : random(40);
        if (random(8) === 0) {
          model.refund(chosen, key, cost, nowMs);
          await store.refund(chosen, key, cost);
          continue;
        }
        const expected = model.take(chosen, key, cost, nowMs);
        expect(await store.take(chosen, key, cost), `decision ${done} of seed ${seed}`).toEqual(expected);
      }
    });
  });
}

/** Whole numbers below a bound, the same for the same seed (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
