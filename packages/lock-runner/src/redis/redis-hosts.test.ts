/** The Redis lock between hosts that share nothing but the server: who is served next, and what each is told. */
import { describe, expect, it } from 'vitest';
import { isMissing } from '../../../../tests/support/needs.ts';
import {
  claimOf,
  forever,
  key,
  once,
  scope,
  storeOf,
  useRedisHosts,
  waiters,
} from '../testing/redis-suite.ts';
import { until } from '../testing/until.ts';
import type { RedisClaim } from './redis-store.ts';

describe.skipIf(isMissing('redis'))('the redis backend', () => {
  const hosts = useRedisHosts();

  describe('between hosts', () => {
    it('serves in the order they came, and tells each of all', async () => {
      const [first, second, third, fourth] = [
        await hosts.add(),
        await hosts.add(),
        await hosts.add(),
        await hosts.add(),
      ];
      const held = await first.runner.acquire(scope, { purpose: 'first' });
      const order: string[] = [];
      const tasks: Promise<unknown>[] = [];
      for (const [name, one] of [
        ['third', third],
        ['second', second],
        ['fourth', fourth],
      ] as const) {
        tasks.push(one.runner.run(scope, { ...forever, purpose: name }, () => order.push(name)));
        await waiters(first, tasks.length);
      }
      const report = await second.runner.who(scope);
      expect(report.holder).toMatchObject({ pid: process.pid, purpose: 'first' });
      expect(report.holder?.sinceMs).toBeGreaterThanOrEqual(0);
      expect(report.waiters.map(({ purpose }) => purpose)).toEqual(['third', 'second', 'fourth']);
      await held.release();
      await Promise.all(tasks);
      expect(order).toEqual(['third', 'second', 'fourth']);
    });

    it('lets nobody pass while the lock is free and others are on their way to it', async () => {
      const one = await hosts.add();
      const store = storeOf(one);
      const [holder, waiter] = ['a', 'b'].map((digit) => claimOf(digit)) as [RedisClaim, RedisClaim];
      const inLine = { floor: 0, patienceMs: 60_000 };
      expect(await store.seek(holder, inLine, undefined)).toMatchObject({ kind: 'granted', waiters: 0 });
      expect(await store.seek(waiter, inLine, undefined)).toMatchObject({ kind: 'refused', place: 0 });
      await store.giveBack(holder);
      await expect(one.runner.run(scope, once, () => 'ran')).rejects.toMatchObject({ code: 'LOCK_BUSY' });
      expect(await store.seek(waiter, inLine, undefined)).toMatchObject({ kind: 'granted' });
      await store.giveBack(waiter);
    });

    it('passes over a waiter that has gone silent', async () => {
      const [first, second] = [await hosts.add(), await hosts.add()];
      const held = await first.runner.acquire(scope);
      const gone = `${'0'.repeat(48)} {"pid":1,"host":"gone"}`;
      await hosts.admin.zAdd(`${key}:line`, { score: 1, value: gone });
      await hosts.admin.zAdd(`${key}:alive`, { score: Date.now() + 300, value: gone });
      const waiter = second.runner.run(scope, forever, () => 'ran');
      await held.release();
      await expect(waiter).resolves.toBe('ran');
    });

    it('counts one generation, whatever each host has seen', async () => {
      const all = [await hosts.add(), await hosts.add(), await hosts.add()];
      const fences: number[] = [];
      for (const { runner } of [...all, ...all]) {
        await runner.run(scope, {}, async (held) => fences.push(await held.fence()));
      }
      expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
      expect((fences.at(-1) ?? 0) - (fences[0] ?? 0)).toBe(5);
    });

    it('says that others wait, from the next renewal on', async () => {
      const [first, second] = [await hosts.add(), await hosts.add()];
      const held = await first.runner.acquire(scope);
      expect(held.contended()).toBe(false);
      const cancel = new AbortController();
      const waiter = second.runner.run(scope, { ...forever, signal: cancel.signal }, () => 'ran');
      await until(() => held.contended());
      cancel.abort();
      await expect(waiter).rejects.toMatchObject({ code: 'CANCELLED' });
      await until(() => !held.contended());
      await held.release();
    });

    it('excludes who sets the key by hand, and is excluded by it', async () => {
      const one = await hosts.add();
      await hosts.admin.set(key, 'by hand', { condition: 'NX' });
      await expect(one.runner.run(scope, once, () => 'ran')).rejects.toMatchObject({ code: 'LOCK_BUSY' });
      expect((await one.runner.who(scope)).holder).toMatchObject({ pid: 0, host: 'unknown' });
      await hosts.admin.del(key);
      await one.runner.run(scope, once, async () => {
        expect(await hosts.admin.set(key, 'by hand', { condition: 'NX' })).toBeNull();
      });
    });
  });
});
