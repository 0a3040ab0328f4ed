/**
 * The Redis backend beyond the contract: between hosts, with a server that forgets, stalls, dies or refuses. A host of its
 * own is a directory and an address of its own: another link to the same socket.
 */
import { symlinkSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Held } from '@holdfast/base';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { isMissing } from '../../../tests/support/needs.ts';
import { type RedisServer, startRedisServer } from '../../../tests/support/redis-server.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../../../tests/support/temporary-directory.ts';
import { recordFence } from './fence-file.ts';
import { activeTimers, isTimerLeft, turn, until } from './lock-contract.ts';
import { lockFileName } from './lock-name.ts';
import { LockRunner } from './lock-runner.ts';
import { queuedKeys } from './process-queue.ts';
import { type RedisBackendOptions, redisBackend } from './redis.ts';
import { replyCodeOf } from './redis-failure.ts';
import { type RedisClaim, RedisStore } from './redis-store.ts';

type Client = ReturnType<typeof clientOf>;

interface Host {
  readonly runner: LockRunner;
  readonly client: Client;
  readonly directory: string;
}

const scope = 'policy:gw1';
const key = `holdfast:lock:{${lockFileName(scope).replace('.lock', '')}}`;
/** Short, so that a loss is soon; long enough for a busy machine to renew. */
const leaseMs = 400;
const forever = { waitMs: Number.POSITIVE_INFINITY };
const once = { waitMs: 0 };

const claimOf = (digit: string): RedisClaim => ({
  scope,
  key,
  token: digit.repeat(48),
  party: '{"pid":1,"host":"here"}',
});

const clientOf = (path: string, options: object = {}) =>
  createClient({ ...options, socket: { path, tls: false, reconnectStrategy: () => 20 } }).on(
    'error',
    () => undefined,
  );

describe.skipIf(isMissing('redis'))('the redis backend', () => {
  let server: RedisServer;
  let admin: Client;
  let base: TemporaryDirectory;
  let hosts: Host[];
  let timersBefore: number;

  beforeAll(async () => {
    server = await startRedisServer();
    admin = clientOf(server.socketPath);
    await admin.connect();
  });

  afterAll(async () => {
    admin.destroy();
    await server[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    base = await temporaryDirectory();
    hosts = [];
    timersBefore = activeTimers();
    await until(() => admin.isReady);
    await admin.flushAll();
  });

  afterEach(async () => {
    if (server.isRunning) resume();
    else await server.start(); // a test that failed has left it so
    await Promise.all(hosts.map(({ runner }) => runner.close()));
    await until(() => admin.isReady);
    const left = await admin.keys('*');
    for (const { client } of hosts) client.destroy();
    await base[Symbol.asyncDispose]();
    expect(left.filter((name) => !name.endsWith(':fence'))).toEqual([]);
    expect(queuedKeys()).toEqual([]);
    expect(await isTimerLeft(timersBefore)).toBe(false);
  });

  async function host(
    options: Omit<RedisBackendOptions, 'client'> = { leaseMs },
    clientOptions: object = {},
  ): Promise<Host> {
    const directory = join(base.path, `host-${hosts.length}`);
    await mkdir(directory, { mode: 0o700 });
    const path = join(directory, 'redis.sock');
    symlinkSync(server.socketPath, path);
    const client = clientOf(path, clientOptions);
    await client.connect();
    const runner = new LockRunner({ directory, backend: redisBackend({ ...options, client }) });
    const made = { runner, client, directory };
    hosts.push(made);
    return made;
  }

  const waiters = (one: Host, count: number) =>
    until(async () => (await one.runner.who(scope)).waiters.length === count);
  const lost = (held: Held) => until(() => held.signal.aborted);
  const tokenOf = async () => (await admin.get(key))?.slice(0, 48);
  /** Stops the server: it takes commands in and answers nothing. */
  const stall = () => process.kill(server.pid, 'SIGSTOP');
  const resume = () => process.kill(server.pid, 'SIGCONT');

  describe('between hosts', () => {
    it('serves in the order they came, and tells each of all', async () => {
      const [first, second, third, fourth] = [await host(), await host(), await host(), await host()];
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
      const one = await host();
      const store = new RedisStore({ client: one.client, leaseMs, wakeChannel: 'wake:' });
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
      const [first, second] = [await host(), await host()];
      const held = await first.runner.acquire(scope);
      const gone = `${'0'.repeat(48)} {"pid":1,"host":"gone"}`;
      await admin.zAdd(`${key}:line`, { score: 1, value: gone });
      await admin.zAdd(`${key}:alive`, { score: Date.now() + 300, value: gone });
      const waiter = second.runner.run(scope, forever, () => 'ran');
      await held.release();
      await expect(waiter).resolves.toBe('ran');
    });

    it('counts one generation, whatever each host has seen', async () => {
      const all = [await host(), await host(), await host()];
      const fences: number[] = [];
      for (const { runner } of [...all, ...all]) {
        await runner.run(scope, {}, async (held) => fences.push(await held.fence()));
      }
      expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
      expect((fences.at(-1) ?? 0) - (fences[0] ?? 0)).toBe(5);
    });

    it('says that others wait, from the next renewal on', async () => {
      const [first, second] = [await host(), await host()];
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
      const one = await host();
      await admin.set(key, 'by hand', { condition: 'NX' });
      await expect(one.runner.run(scope, once, () => 'ran')).rejects.toMatchObject({ code: 'LOCK_BUSY' });
      expect(await one.runner.who(scope)).toEqual({ waiters: [] });
      await admin.del(key);
      await one.runner.run(scope, once, async () => {
        expect(await admin.set(key, 'by hand', { condition: 'NX' })).toBeNull();
      });
    });
  });

  describe('a wait', () => {
    it('ends although the call to the waiter gets lost', async () => {
      // Without channels: neither the holder may call nor the waiter listen.
      await admin.sendCommand(['ACL', 'SETUSER', 'mute', 'on', 'nopass', '~*', '+@all', 'resetchannels']);
      const mute = { username: 'mute', password: 'any' };
      const [first, second] = [await host({ leaseMs }, mute), await host({ leaseMs }, mute)];
      const held = await first.runner.acquire(scope);
      const waiter = second.runner.run(scope, forever, () => 'ran');
      await waiters(first, 1);
      await held.release();
      await expect(waiter).resolves.toBe('ran');
    });

    it('ends although the connection to its calls breaks', async () => {
      const [first, second] = [await host(), await host()];
      const held = await first.runner.acquire(scope);
      const waiter = second.runner.run(scope, forever, () => 'ran');
      const subscribers = async () =>
        (await admin.sendCommand(['CLIENT', 'LIST', 'TYPE', 'pubsub'])) as string;
      await until(async () => (await subscribers()) !== '');
      await admin.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub']);
      await held.release();
      await expect(waiter).resolves.toBe('ran');
    });

    it('asks for little while somebody else comes first', async () => {
      const [first, second, third] = [await host(), await host(), await host()];
      const held = await first.runner.acquire(scope);
      const tasks = [second, third].map(({ runner }) => runner.run(scope, forever, () => 'ran'));
      await waiters(first, 2);
      await admin.configResetStat();
      const startedMs = performance.now();
      await until(() => performance.now() - startedMs > 500);
      const seconds = (performance.now() - startedMs) / 1_000;
      const calls = Number(/cmdstat_evalsha:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1] ?? 0);
      expect(calls / seconds).toBeLessThan(60); // two waiters and the renewals
      await held.release();
      await Promise.all(tasks);
    });

    it('opens one connection for all and closes it with the backend', async () => {
      const [first, second] = [await host(), await host()];
      const pubsubs = async () =>
        String(await admin.sendCommand(['CLIENT', 'LIST', 'TYPE', 'pubsub']))
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
      const one = await host();
      await one.runner.run(scope, {}, () => undefined); // the script is known
      const cancel = new AbortController();
      stall();
      const waiter = one.runner.run(scope, { ...forever, signal: cancel.signal }, () => 'ran');
      await turn();
      await turn(); // the question is written
      cancel.abort();
      await expect(waiter).rejects.toMatchObject({ code: 'CANCELLED' });
      resume();
      expect(await admin.exists(key)).toBe(0);
    });

    it('asks for nothing behind the back of a caller who has given up without a connection', async () => {
      const one = await host();
      await server.kill();
      await until(() => !one.client.isReady);
      await expect(one.runner.run(scope, once, () => 'ran')).rejects.toMatchObject({ code: 'LOCK_SERVER' });
      await server.start();
      await until(() => one.client.isReady && admin.isReady);
      expect(await one.client.ping()).toBe('PONG'); // after everything that was queued
      expect(await admin.keys('*')).toEqual([]);
    });
  });

  describe('a hold', () => {
    it('outlives its lease many times over while it is renewed', async () => {
      const [one, other] = [await host(), await host()];
      const held = await one.runner.acquire(scope);
      const token = await tokenOf();
      const startedMs = performance.now();
      await until(() => performance.now() - startedMs > 3 * leaseMs);
      expect(held.signal.aborted).toBe(false);
      expect(await tokenOf()).toBe(token);
      await expect(other.runner.run(scope, once, () => 'ran')).rejects.toMatchObject({ code: 'LOCK_BUSY' });
      expect(held.publish(() => 'published')).toBe('published');
      await held.release();
    });

    it('is lost when somebody else has the key, which stays theirs', async () => {
      const one = await host();
      const held = await one.runner.acquire(scope);
      await admin.set(key, 'somebody else');
      await lost(held);
      expect(held.signal.reason).toMatchObject({ code: 'LOCK_LOST', details: { scope } });
      const step = vi.fn();
      expect(() => held.publish(step)).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }));
      await expect(held.fence()).rejects.toMatchObject({ code: 'LOCK_LOST' });
      expect(step).not.toHaveBeenCalled();
      await held.release();
      expect(await admin.getDel(key)).toBe('somebody else');
    });

    it('is not given back over a successor’s', async () => {
      const one = await host();
      const held = await one.runner.acquire(scope);
      await admin.set(key, 'somebody else');
      await held.release();
      expect(await admin.getDel(key)).toBe('somebody else');
    });

    it.each(['stalls', 'dies'])(
      'is lost by the deadline when the server %s, whatever it says',
      async (how) => {
        const one = await host();
        const startedMs = performance.now();
        const held = await one.runner.acquire(scope);
        if (how === 'stalls') stall();
        else await server.kill();
        await lost(held);
        expect(performance.now() - startedMs).toBeGreaterThan(leaseMs / 2);
        expect(held.signal.reason).toMatchObject({ code: 'LOCK_LOST' });
        expect(() => held.publish(() => 'published')).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }));
        await held.release(); // quietly
        if (how === 'dies') await server.start();
      },
    );

    it('gives its work’s own result although it was lost meanwhile', async () => {
      const one = await host();
      const work = async (held: Held) => {
        await admin.set(key, 'somebody else');
        await lost(held);
        return 'result';
      };
      await expect(one.runner.run(scope, {}, work)).resolves.toBe('result');
      const stopped = one.runner.run(scope, { waitMs: 0 }, () => 'ran');
      await expect(stopped).rejects.toMatchObject({ code: 'LOCK_BUSY' });
      await admin.del(key);
    });

    it('survives a server that was away for less than the lease and has kept it', async () => {
      const one = await host({ leaseMs: 3_000 });
      const held = await one.runner.acquire(scope);
      const value = await admin.get(key);
      await server.kill();
      await server.start();
      await until(() => admin.isReady);
      await admin.set(key, value ?? '', { expiration: { type: 'PX', value: 3_000 } }); // as a persistent one would
      const startedMs = performance.now();
      await until(() => performance.now() - startedMs > 1_500); // a renewal falls due
      expect(held.signal.aborted).toBe(false);
      expect(await admin.pTTL(key)).toBeGreaterThan(1_500);
      await held.release();
    });

    it('keeps no process waiting at its end for a server that is gone', async () => {
      const one = await host({ leaseMs: 60_000 });
      const held = await one.runner.acquire(scope);
      await server.kill();
      await until(() => !one.client.isReady);
      const startedMs = performance.now();
      await held.release();
      expect(performance.now() - startedMs).toBeLessThan(5_000);
      await server.start();
    });
  });

  describe('a server that comes back', () => {
    it('is waited for within the limit, which is told at once', async () => {
      const one = await host({});
      await server.kill();
      await until(() => !one.client.isReady);
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
      await server.start();
      await expect(waiter).resolves.toBe('ran');
      await runner.close();
    });

    it('and stalls meanwhile is reported to who tries once', async () => {
      const one = await host();
      stall();
      await expect(one.runner.run(scope, once, () => 'ran')).rejects.toMatchObject({ code: 'LOCK_SERVER' });
      resume();
    });

    it('is reported when it does not within the limit, or within a lease', async () => {
      const one = await host();
      await using _held = await one.runner.acquire(`${scope}:other`);
      await server.kill();
      await until(() => !one.client.isReady);
      const refused = { code: 'LOCK_SERVER', exit: 69, details: { scope } };
      await expect(one.runner.run(scope, { waitMs: 50 }, () => 'ran')).rejects.toMatchObject(refused);
      await expect(one.runner.run(scope, forever, () => 'ran')).rejects.toMatchObject(refused);
      await expect(one.runner.who(scope)).rejects.toMatchObject(refused);
      await server.start();
    });

    it('lets those who waited in again, in some order', async () => {
      const [first, second, third] = [await host({}), await host({}), await host({})];
      const held = await first.runner.acquire(scope);
      const tasks = [second, third].map(({ runner }) => runner.run(scope, forever, () => 'ran'));
      await waiters(first, 2);
      await server.kill();
      await server.start(); // it knows of nobody any more: the first who asks gets the lock
      await expect(Promise.all(tasks)).resolves.toEqual(['ran', 'ran']);
      await held.release();
    });

    it('without its memory allots later generations than before, on every host', async () => {
      const [one, other] = [await host(), await host()];
      const fences: number[] = [];
      for (const { runner } of [one, other, one]) {
        await runner.run(scope, {}, async (held) => fences.push(await held.fence()));
        await server.kill();
        await server.start();
        await until(() => one.client.isReady && other.client.isReady);
      }
      expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
    });

    it('is told the newest generation this host has seen, however far ahead', async () => {
      const one = await host();
      const far = 10 ** 14;
      await one.runner.run(scope, {}, () => undefined); // makes the directory
      recordFence(join(one.directory, lockFileName(scope)), scope, far);
      await one.runner.run(scope, {}, async (held) => expect(await held.fence()).toBe(far + 1));
      await admin.del(`${key}:fence`);
      await one.runner.run(scope, {}, async (held) => expect(await held.fence()).toBe(far + 2));
    });

    it('has forgotten the scripts and is sent them again', async () => {
      const one = await host();
      await one.runner.run(scope, {}, async (held) => {
        await admin.scriptFlush();
        await until(async () => (await admin.scriptExists(['0'.repeat(40)])).length === 1);
        expect(held.signal.aborted).toBe(false);
      });
      await expect(one.runner.run(scope, {}, () => 'ran')).resolves.toBe('ran');
    });
  });

  describe('a question', () => {
    it('that is asked again because its answer got lost is answered the same, and undone once', async () => {
      const one = await host();
      const store = new RedisStore({ client: one.client, leaseMs, wakeChannel: 'wake:' });
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
      const one = await host();
      const client = Object.create(one.client, { isReady: { value: true } }) as Client; // it says so a moment too long
      const store = new RedisStore({ client, leaseMs, wakeChannel: 'wake:' });
      const claim = claimOf('a');
      await server.kill();
      await until(() => !one.client.isReady);
      await expect(store.seek(claim, { floor: 0, patienceMs: 0 }, undefined)).rejects.toThrow();
      await server.start();
      await until(() => one.client.isReady && admin.isReady);
      await one.client.ping(); // comes after everything that was queued
      expect(await admin.keys('*')).toEqual([]);
    });
  });

  describe('a publish', () => {
    it('is refused to a hold that was overtaken on this host, although nobody told it yet', async () => {
      const one = await host({ leaseMs: 60_000 });
      const held = await one.runner.acquire(scope);
      const fence = await held.fence();
      recordFence(join(one.directory, lockFileName(scope)), scope, fence + 1);
      const step = vi.fn();
      expect(() => held.publish(step)).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }));
      expect(step).not.toHaveBeenCalled();
      await held.release();
    });

    it('is fenced without the fence being asked for', async () => {
      const one = await host();
      await one.runner.run(scope, {}, async (held) => {
        const seen = await readFile(
          join(one.directory, lockFileName(scope).replace('.lock', '.fence')),
          'utf8',
        );
        expect(Number(seen)).toBe(await held.fence());
      });
    });
  });

  describe('a server that refuses', () => {
    const refused = (reply: string) => ({ code: 'LOCK_SERVER', details: { scope, reply } });

    it('for want of memory is reported, lets holders give back and grants nothing by halves', async () => {
      const one = await host();
      const held = await one.runner.acquire(scope);
      await admin.configSet('maxmemory', '1');
      await expect(one.runner.run(`${scope}:b`, once, () => 'ran')).rejects.toMatchObject({
        ...refused('OOM'),
        details: { scope: `${scope}:b`, reply: 'OOM' },
      });
      const startedMs = performance.now();
      await until(() => performance.now() - startedMs > 2 * leaseMs);
      expect(held.signal.aborted).toBe(false);
      await held.release();
      await admin.configSet('maxmemory', '0');
      expect((await admin.keys('*')).filter((name) => !name.endsWith(':fence'))).toEqual([]);
    });

    it('as a read-only replica is reported, not waited for', async () => {
      const one = await host({ leaseMs: 600_000 }); // which a server that is away would be waited for
      await admin.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
      await expect(one.runner.run(scope, forever, () => 'ran')).rejects.toMatchObject(refused('READONLY'));
      await admin.sendCommand(['REPLICAOF', 'NO', 'ONE']);
    });

    it('for want of a password is reported', async () => {
      await using guarded = await startRedisServer({ args: ['--requirepass', 'right'] });
      const client = clientOf(guarded.socketPath, { RESP: 2 }); // which says nothing before its first command
      await client.connect();
      const runner = new LockRunner({ directory: base.path, backend: redisBackend({ client }) });
      await expect(runner.run(scope, forever, () => 'ran')).rejects.toMatchObject(refused('NOAUTH'));
      client.destroy();
    });

    it('a password is reported without it', async () => {
      await using guarded = await startRedisServer({ args: ['--requirepass', 'right'] });
      const client = clientOf(guarded.socketPath, { username: 'default', password: 'se-cret' });
      const connecting = client.connect().catch(() => undefined);
      const runner = new LockRunner({ directory: base.path, backend: redisBackend({ client, leaseMs }) });
      const error = await runner.run(scope, once, () => 'ran').catch((caught) => caught);
      expect(error).toMatchObject({ code: 'LOCK_SERVER' });
      const told = [error, error.cause].map((one) => `${one?.stack}${JSON.stringify(one)}`).join();
      expect(told).not.toContain('se-cret');
      client.destroy();
      await connecting; // and its pauses
    });

    it.each([
      ['', 'WRONGTYPE'],
      [':fence', 'WRONGTYPE'],
      [':line', 'WRONGTYPE'],
    ])('because something else stands under the key%s is reported', async (suffix, reply) => {
      const one = await host();
      await admin.hSet(`${key}${suffix}`, 'a', '1');
      await expect(one.runner.run(scope, forever, () => 'ran')).rejects.toMatchObject(refused(reply));
      await admin.del(`${key}${suffix}`);
      expect(await admin.exists(key)).toBe(0);
    });

    it('because the counter is no number is reported, not healed', async () => {
      const one = await host();
      await admin.set(`${key}:fence`, 'much');
      await expect(one.runner.run(scope, once, () => 'ran')).rejects.toMatchObject({ code: 'LOCK_SERVER' });
      expect(await admin.exists(key)).toBe(0);
    });

    it('nothing is asked of a client that was closed', async () => {
      const one = await host();
      one.client.destroy();
      await expect(one.runner.run(scope, forever, () => 'ran')).rejects.toMatchObject({
        code: 'LOCK_SERVER',
        details: { scope },
      });
    });
  });

  it.each([0, 99, -1, 100.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])(
    'refuses a lease of %s',
    (bad) => {
      expect(() => redisBackend({ client: admin, leaseMs: bad })).toThrow(
        expect.objectContaining({ code: 'DURATION_INVALID' }),
      );
    },
  );

  it('keeps its keys under the prefix, in one slot, readable, and cuts a long purpose', async () => {
    const one = await host({ prefix: 'mine:' });
    await one.runner.run(scope, { purpose: 'x'.repeat(10_000) }, async () => {
      const name = lockFileName(scope).replace('.lock', '');
      expect((await admin.keys('*')).sort()).toEqual([`mine:{${name}}`, `mine:{${name}}:fence`]);
      expect((await one.runner.who(scope)).holder?.purpose).toHaveLength(400);
    });
  });
});

describe('the code of a refusal', () => {
  it.each([
    ['NOAUTH Authentication required.', 'NOAUTH'],
    ['ERR Protocol error: unauthenticated multibulk length', 'NOAUTH'],
    ['-ERR something', 'ERR'],
    ['ERR Error running script (call to f_1): @user_script:2: WRONGTYPE Operation against', 'WRONGTYPE'],
    ['OOM command not allowed when used memory > maxmemory. script: 1', 'OOM'],
    ['Socket closed unexpectedly', undefined],
    ['connect ECONNREFUSED 127.0.0.1:6379', undefined],
  ])('of %j is %s', (text, code) => {
    expect(replyCodeOf(new Error(text))).toBe(code);
  });

  it('is none for what is no error', () => {
    expect(replyCodeOf('NOAUTH')).toBeUndefined();
  });
});
