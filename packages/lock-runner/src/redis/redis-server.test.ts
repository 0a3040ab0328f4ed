/** The Redis backend and a server that stalls, dies, comes back and forgets. */
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { isMissing } from '../../../../tests/support/needs.ts';
import { recordFence } from '../directory/fence-file.ts';
import { lockFileName } from '../lock-name.ts';
import { LockRunner } from '../lock-runner.ts';
import { redisBackend } from '../redis.ts';
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

describe.skipIf(isMissing('redis'))('the redis backend and', () => {
  const hosts = useRedisHosts();

  describe('a server that comes back', () => {
    it('is waited for within the limit, which is told at once', async () => {
      const one = await hosts.add({});
      await hosts.server.kill();
      await hosts.alone();
      const waiting = vi.fn();
      const runner = new LockRunner({
        directory: one.directory,
        backend: redisBackend({ client: one.client }),
        observer: { waiting },
      });
      const waiter = runner.run(scope, { waitMs: 30_000 }, () => 'ran');
      const startedMs = performance.now();
      await until(() => waiting.mock.calls.length === 1);
      expect(performance.now() - startedMs).toBeLessThan(1_500); // an answer would be waited for longer
      await hosts.server.start();
      await expect(waiter).resolves.toBe('ran');
      await runner.close();
    });

    it('and stalls meanwhile is reported to who tries once', async () => {
      const one = await hosts.add();
      hosts.stall();
      await expect(one.runner.run(scope, once, () => 'ran')).rejects.toMatchObject({ code: 'LOCK_SERVER' });
      hosts.resume();
    });

    it('is reported when it does not within the limit, or within a lease', async () => {
      const one = await hosts.add();
      await using _held = await one.runner.acquire(`${scope}:other`);
      await hosts.server.kill();
      await hosts.alone();
      const refused = { code: 'LOCK_SERVER', exit: 69, details: { scope } };
      await expect(one.runner.run(scope, { waitMs: 50 }, () => 'ran')).rejects.toMatchObject(refused);
      await expect(one.runner.run(scope, forever, () => 'ran')).rejects.toMatchObject(refused);
      await expect(one.runner.who(scope)).rejects.toMatchObject(refused);
      await hosts.server.start();
    });

    it('lets those who waited in again, in some order', async () => {
      const [first, second, third] = [await hosts.add({}), await hosts.add({}), await hosts.add({})];
      const held = await first.runner.acquire(scope);
      const tasks = [second, third].map(({ runner }) => runner.run(scope, forever, () => 'ran'));
      await waiters(first, 2);
      await hosts.server.kill();
      await hosts.server.start(); // it knows of nobody any more: the first who asks gets the lock
      await expect(Promise.all(tasks)).resolves.toEqual(['ran', 'ran']);
      await held.release();
    });

    it('without its memory allots later generations than before, on every host', async () => {
      const [one, other] = [await hosts.add(), await hosts.add()];
      const fences: number[] = [];
      for (const { runner } of [one, other, one]) {
        await runner.run(scope, {}, async (held) => fences.push(await held.fence()));
        await hosts.server.kill();
        await hosts.server.start();
        await hosts.ready();
      }
      expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
    });

    it('is told the newest generation this host has seen, however far ahead', async () => {
      const one = await hosts.add();
      const far = 10 ** 14;
      await one.runner.run(scope, {}, () => undefined); // makes the directory
      recordFence(join(one.directory, lockFileName(scope)), scope, far);
      await one.runner.run(scope, {}, async (held) => expect(await held.fence()).toBe(far + 1));
      await hosts.admin.del(`${key}:fence`);
      await one.runner.run(scope, {}, async (held) => expect(await held.fence()).toBe(far + 2));
    });

    it('has forgotten the scripts and is sent them again', async () => {
      const one = await hosts.add();
      await one.runner.run(scope, {}, async (held) => {
        await hosts.admin.scriptFlush();
        await until(async () => (await hosts.admin.scriptExists(['0'.repeat(40)])).length === 1);
        expect(held.signal.aborted).toBe(false);
      });
      await expect(one.runner.run(scope, {}, () => 'ran')).resolves.toBe('ran');
    });
  });

  describe('a question', () => {
    it('that is asked again because its answer got lost is answered the same, and undone once', async () => {
      const one = await hosts.add();
      const store = storeOf(one);
      const claim = claimOf('a');
      const line = { floor: 0, patienceMs: 1_000 };
      const first = await store.seek(claim, line, undefined);
      const again = await store.seek(claim, line, undefined);
      expect([first.kind, again.kind]).toEqual(['granted', 'granted']);
      await store.giveBack(claim);
      expect(await store.extend(claim, new AbortController().signal)).toBeUndefined();
      await store.giveBack(claim);
    });

    it('that is given up without a connection never reaches the server', async () => {
      const one = await hosts.add();
      const client = Object.create(one.client, { isReady: { value: true } }) as typeof one.client; // it says so a moment too long
      const store = storeOf({ client });
      const claim = claimOf('a');
      await hosts.server.kill();
      await hosts.alone();
      await expect(store.seek(claim, { floor: 0, patienceMs: 0 }, undefined)).rejects.toThrow();
      await hosts.server.start();
      await hosts.ready();
      await one.client.ping(); // comes after everything that was queued
      expect(await hosts.admin.keys('*')).toEqual([]);
    });
  });
});
