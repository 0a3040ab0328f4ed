/** What a test of the Redis backend starts with: hosts on a private server, which nothing of theirs outlives. */
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import {
  type RedisHost,
  RedisHosts,
  redisKeyOf,
  shortLeaseMs,
} from '../../../../tests/support/redis-hosts.ts';
import { queuedKeys } from '../process/process-queue.ts';
import { type RedisClaim, RedisStore } from '../redis/redis-store.ts';
import { activeTimers, isTimerLeft } from './leftovers.ts';
import { until } from './until.ts';

export const scope = 'policy:gw1';
export const key = redisKeyOf(scope);
export const forever = { waitMs: Number.POSITIVE_INFINITY };
export const once = { waitMs: 0 };

/** To be called inside a suite: it fails each test that leaves something behind. */
export function useRedisHosts(): RedisHosts {
  const hosts = new RedisHosts();
  let timersBefore: number;

  beforeAll(() => hosts.start());
  afterAll(() => hosts.stop());

  beforeEach(async () => {
    timersBefore = activeTimers();
    await hosts.begin();
  });

  afterEach(async () => {
    expect(await hosts.end()).toEqual([]);
    expect(queuedKeys()).toEqual([]);
    expect(await isTimerLeft(timersBefore)).toBe(false);
  });

  return hosts;
}

/** Resolves when `count` wait, as this host sees it. */
export function waiters({ runner }: RedisHost, count: number): Promise<void> {
  return until(async () => (await runner.who(scope)).waiters.length === count);
}

/** A request for the lock of the scope, told from others by a digit. */
export function claimOf(digit: string): RedisClaim {
  return { scope, key, token: digit.repeat(48), party: '{"pid":1,"host":"here"}' };
}

/** The questions themselves, without a backend around them. */
export function storeOf({ client }: Pick<RedisHost, 'client'>): RedisStore {
  return new RedisStore({ client, leaseMs: shortLeaseMs, wakeChannel: 'wake:' });
}
