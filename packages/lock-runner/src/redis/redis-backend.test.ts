/** The Redis backend between hosts: order, calls, leases and what is published. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Held } from '@holdfast/base';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { isMissing } from '../../../../tests/support/needs.ts';
import {
  type RedisHost,
  RedisHosts,
  redisClientOf,
  redisKeyOf,
  shortLeaseMs,
} from '../../../../tests/support/redis-hosts.ts';
import { recordFence } from '../directory/fence-file.ts';
import { activeTimers, isTimerLeft, turn, until } from '../lock-contract.ts';
import { lockFileName } from '../lock-name.ts';
import { queuedKeys } from '../process/process-queue.ts';
import { redisBackend } from '../redis.ts';
import { type RedisClaim, RedisStore } from './redis-store.ts';

const scope = 'policy:gw1';
const key = redisKeyOf(scope);
const forever = { waitMs: Number.POSITIVE_INFINITY };
const once = { waitMs: 0 };

const claimOf = (digit: string): RedisClaim => ({
  scope,
  key,
  token: digit.repeat(48),
  party: '{"pid":1,"host":"here"}',
});

describe.skipIf(isMissing('redis'))('the redis backend', () => {
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

  const waiters = (one: RedisHost, count: number) =>
    until(async () => (await one.runner.who(scope)).waiters.length === count);
  const lost = (held: Held) => until(() => held.signal.aborted);
  const tokenOf = async () => (await hosts.admin.get(key))?.slice(0, 48);

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
      const store = new RedisStore({ client: one.client, leaseMs: shortLeaseMs, wakeChannel: 'wake:' });
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
      expect(await one.runner.who(scope)).toEqual({ waiters: [] });
      await hosts.admin.del(key);
      await one.runner.run(scope, once, async () => {
        expect(await hosts.admin.set(key, 'by hand', { condition: 'NX' })).toBeNull();
      });
    });
  });

  describe('a wait', () => {
    it('ends although the call to the waiter gets lost', async () => {
      // Without channels: neither the holder may call nor the waiter listen.
      await hosts.admin.sendCommand([
        'ACL',
        'SETUSER',
        'mute',
        'on',
        'nopass',
        '~*',
        '+@all',
        'resetchannels',
      ]);
      const mute = { username: 'mute', password: 'any' };
      const [first, second] = [
        await hosts.add({ leaseMs: shortLeaseMs }, mute),
        await hosts.add({ leaseMs: shortLeaseMs }, mute),
      ];
      const held = await first.runner.acquire(scope);
      const waiter = second.runner.run(scope, forever, () => 'ran');
      await waiters(first, 1);
      await held.release();
      await expect(waiter).resolves.toBe('ran');
    });

    it('ends although the connection to its calls breaks', async () => {
      const [first, second] = [await hosts.add(), await hosts.add()];
      const held = await first.runner.acquire(scope);
      const waiter = second.runner.run(scope, forever, () => 'ran');
      const subscribers = async () =>
        (await hosts.admin.sendCommand(['CLIENT', 'LIST', 'TYPE', 'pubsub'])) as string;
      await until(async () => (await subscribers()) !== '');
      await hosts.admin.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub']);
      await held.release();
      await expect(waiter).resolves.toBe('ran');
    });

    it('asks for little while somebody else comes first', async () => {
      const [first, second, third] = [await hosts.add(), await hosts.add(), await hosts.add()];
      const held = await first.runner.acquire(scope);
      const tasks = [second, third].map(({ runner }) => runner.run(scope, forever, () => 'ran'));
      await waiters(first, 2);
      await hosts.admin.configResetStat();
      const startedMs = performance.now();
      await until(() => performance.now() - startedMs > 500);
      const seconds = (performance.now() - startedMs) / 1_000;
      const calls = Number(
        /cmdstat_evalsha:calls=(\d+)/.exec(await hosts.admin.info('commandstats'))?.[1] ?? 0,
      );
      expect(calls / seconds).toBeLessThan(60); // two waiters and the renewals
      await held.release();
      await Promise.all(tasks);
    });

    it('opens one connection for all and closes it with the backend', async () => {
      const [first, second] = [await hosts.add(), await hosts.add()];
      const pubsubs = async () =>
        String(await hosts.admin.sendCommand(['CLIENT', 'LIST', 'TYPE', 'pubsub']))
          .split('\n')
          .filter(Boolean).length;
      for (const name of [scope, `${scope}:b`, `${scope}:c`]) {
        const held = await first.runner.acquire(name);
        const waiter = second.runner.run(name, forever, () => 'ran');
        await until(async () => (await first.runner.who(name)).waiters.length === 1);
        await held.release();
        await waiter;
      }
      expect(await pubsubs()).toBe(1);
      await second.runner.close();
      await until(async () => (await pubsubs()) === 0);
      expect(second.client.isReady).toBe(true); // the caller's own stays
    });

    it('is cancelled at once while the server stalls, and its late grant is given back', async () => {
      const one = await hosts.add();
      await one.runner.run(scope, {}, () => undefined); // the script is known
      const cancel = new AbortController();
      hosts.stall();
      const waiter = one.runner.run(scope, { ...forever, signal: cancel.signal }, () => 'ran');
      await turn();
      await turn(); // the question is written
      cancel.abort();
      await expect(waiter).rejects.toMatchObject({ code: 'CANCELLED' });
      hosts.resume();
      expect(await hosts.admin.exists(key)).toBe(0);
    });

    it('asks for nothing behind the back of a caller who has given up without a connection', async () => {
      const one = await hosts.add();
      await hosts.server.kill();
      await hosts.alone();
      await expect(one.runner.run(scope, once, () => 'ran')).rejects.toMatchObject({ code: 'LOCK_SERVER' });
      await hosts.server.start();
      await hosts.ready();
      expect(await one.client.ping()).toBe('PONG'); // after everything that was queued
      expect(await hosts.admin.keys('*')).toEqual([]);
    });
  });

  describe('a hold', () => {
    it('outlives its lease many times over while it is renewed', async () => {
      const [one, other] = [await hosts.add(), await hosts.add()];
      const held = await one.runner.acquire(scope);
      const token = await tokenOf();
      const startedMs = performance.now();
      await until(() => performance.now() - startedMs > 3 * shortLeaseMs);
      expect(held.signal.aborted).toBe(false);
      expect(await tokenOf()).toBe(token);
      await expect(other.runner.run(scope, once, () => 'ran')).rejects.toMatchObject({ code: 'LOCK_BUSY' });
      expect(held.publish(() => 'published')).toBe('published');
      await held.release();
    });

    it('is lost when somebody else has the key, which stays theirs', async () => {
      const one = await hosts.add();
      const held = await one.runner.acquire(scope);
      await hosts.admin.set(key, 'somebody else');
      await lost(held);
      expect(held.signal.reason).toMatchObject({ code: 'LOCK_LOST', details: { scope } });
      const step = vi.fn();
      expect(() => held.publish(step)).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }));
      await expect(held.fence()).rejects.toMatchObject({ code: 'LOCK_LOST' });
      expect(step).not.toHaveBeenCalled();
      await held.release();
      expect(await hosts.admin.getDel(key)).toBe('somebody else');
    });

    it('is not given back over a successor’s', async () => {
      const one = await hosts.add();
      const held = await one.runner.acquire(scope);
      await hosts.admin.set(key, 'somebody else');
      await held.release();
      expect(await hosts.admin.getDel(key)).toBe('somebody else');
    });

    it.each(['stalls', 'dies'])(
      'is lost by the deadline when the server %s, whatever it says',
      async (how) => {
        const one = await hosts.add();
        const startedMs = performance.now();
        const held = await one.runner.acquire(scope);
        if (how === 'stalls') hosts.stall();
        else await hosts.server.kill();
        await lost(held);
        expect(performance.now() - startedMs).toBeGreaterThan(shortLeaseMs / 2);
        expect(held.signal.reason).toMatchObject({ code: 'LOCK_LOST' });
        expect(() => held.publish(() => 'published')).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }));
        await held.release(); // quietly
        if (how === 'dies') await hosts.server.start();
      },
    );

    it('gives its work’s own result although it was lost meanwhile', async () => {
      const one = await hosts.add();
      const work = async (held: Held) => {
        await hosts.admin.set(key, 'somebody else');
        await lost(held);
        return 'result';
      };
      await expect(one.runner.run(scope, {}, work)).resolves.toBe('result');
      const stopped = one.runner.run(scope, { waitMs: 0 }, () => 'ran');
      await expect(stopped).rejects.toMatchObject({ code: 'LOCK_BUSY' });
      await hosts.admin.del(key);
    });

    it('survives a server that was away for less than the lease and has kept it', async () => {
      const one = await hosts.add({ leaseMs: 3_000 });
      const held = await one.runner.acquire(scope);
      const value = await hosts.admin.get(key);
      await hosts.server.kill();
      await hosts.server.start();
      await hosts.ready();
      await hosts.admin.set(key, value ?? '', { expiration: { type: 'PX', value: 3_000 } }); // as a persistent one would
      const startedMs = performance.now();
      await until(() => performance.now() - startedMs > 1_500); // a renewal falls due
      expect(held.signal.aborted).toBe(false);
      expect(await hosts.admin.pTTL(key)).toBeGreaterThan(1_500);
      await held.release();
    });

    it('keeps no process waiting at its end for a server that is gone', async () => {
      const one = await hosts.add({ leaseMs: 60_000 });
      const held = await one.runner.acquire(scope);
      await hosts.server.kill();
      await hosts.alone();
      const startedMs = performance.now();
      await held.release();
      expect(performance.now() - startedMs).toBeLessThan(5_000);
      await hosts.server.start();
    });
  });

  describe('a publish', () => {
    it('is refused to a hold that was overtaken on this host, although nobody told it yet', async () => {
      const one = await hosts.add({ leaseMs: 60_000 });
      const held = await one.runner.acquire(scope);
      const fence = await held.fence();
      recordFence(join(one.directory, lockFileName(scope)), scope, fence + 1);
      const step = vi.fn();
      expect(() => held.publish(step)).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }));
      expect(step).not.toHaveBeenCalled();
      await held.release();
    });

    it('is fenced without the fence being asked for', async () => {
      const one = await hosts.add();
      await one.runner.run(scope, {}, async (held) => {
        const seen = await readFile(
          join(one.directory, lockFileName(scope).replace('.lock', '.fence')),
          'utf8',
        );
        expect(Number(seen)).toBe(await held.fence());
      });
    });
  });

  it('keeps its keys under the prefix, in one slot, readable, and cuts a long purpose', async () => {
    const one = await hosts.add({ prefix: 'mine:' });
    await one.runner.run(scope, { purpose: 'x'.repeat(10_000) }, async () => {
      const name = lockFileName(scope).replace('.lock', '');
      expect((await hosts.admin.keys('*')).sort()).toEqual([`mine:{${name}}`, `mine:{${name}}:fence`]);
      expect((await one.runner.who(scope)).holder?.purpose).toHaveLength(400);
    });
  });
});

it.each([0, 99, -1, 100.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])(
  'the redis backend refuses a lease of %s',
  (bad) => {
    expect(() => redisBackend({ client: redisClientOf('/nonexistent'), leaseMs: bad })).toThrow(
      expect.objectContaining({ code: 'DURATION_INVALID' }),
    );
  },
);
