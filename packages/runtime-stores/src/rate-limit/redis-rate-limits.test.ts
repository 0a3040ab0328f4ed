/** Buckets on a Redis server: the contract, and what a server can do to them. */
import type { Clock } from '@holdfast/base';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { counts, isSoak } from '../../../../tests/support/counts.ts';
import { isMissing } from '../../../../tests/support/needs.ts';
import { type RedisClient, redisClientOf } from '../../../../tests/support/redis-hosts.ts';
import { type RedisServer, startRedisServer } from '../../../../tests/support/redis-server.ts';
import { bucketHash } from './bucket-key.ts';
import type { RateLimit } from './rate-limit.ts';
import { describeRateLimitStore } from './rate-limit-contract.ts';
import { RedisRateLimits } from './redis-rate-limits.ts';

const decisions = isSoak ? counts.rateDecisions : counts.rateDecisions / 5;
const limit: RateLimit = { name: 'login', limit: 10, periodMs: 3_600_000, burst: 2 };

describe.skipIf(isMissing('redis'))('on a private server', () => {
  let server: RedisServer;
  let client: RedisClient;
  const keyOf = (one: RateLimit, key: string) => `holdfast:rate-limit:${bucketHash(one, key)}`;
  beforeAll(async () => {
    server = await startRedisServer();
    client = redisClientOf(server.socketPath);
    await client.connect();
  });
  afterAll(async () => {
    client?.destroy();
    await server?.[Symbol.asyncDispose]();
  });

  describeRateLimitStore(
    'Redis',
    async () => {
      await client.flushAll();
      return {
        open: (clock: Clock) => new RedisRateLimits({ client, clock }),
        poison: async (poisoned: RateLimit, key: string, tatUs: number) => {
          await client.set(keyOf(poisoned, key), String(tatUs));
        },
        [Symbol.asyncDispose]: async () => undefined,
      };
    },
    { decisions },
  );

  it('keeps a key as long as its bucket is not full', async () => {
    const store = new RedisRateLimits({ client });
    await store.take(limit, 'expiring', 2);
    const leftMs = await client.pTTL(keyOf(limit, 'expiring'));
    expect(leftMs).toBeGreaterThan(719_000);
    expect(leftMs).toBeLessThanOrEqual(720_000);
    await store.refund(limit, 'expiring', 2);
    expect(await client.exists(keyOf(limit, 'expiring'))).toBe(0);
  });

  it.each(['a number of another kind', 'another type'])('refuses %s under its key', async (what) => {
    const key = keyOf(limit, 'foreign');
    await client.del(key);
    await (what === 'another type' ? client.lPush(key, 'x') : client.set(key, 'tomorrow'));
    const failure = new RedisRateLimits({ client }).take(limit, 'foreign');
    await expect(failure).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
  });

  it('allows nothing while the server is away, and goes on when it is back', async () => {
    const store = new RedisRateLimits({ client, answerMs: 500 });
    await store.take(limit, 'away');
    await server.kill();
    await expect(store.take(limit, 'away')).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
    await server.start();
    await expect.poll(() => client.isReady).toBe(true);
    expect(await store.take(limit, 'away')).toMatchObject({ isAllowed: true, remaining: 1 });
  });
});
