/** The Redis backend and a server that stalls, dies, forgets or refuses. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { isMissing } from '../../../../tests/support/needs.ts';
import {
  type RedisHost,
  RedisHosts,
  redisClientOf,
  redisKeyOf,
  shortLeaseMs,
} from '../../../../tests/support/redis-hosts.ts';
import { startRedisServer } from '../../../../tests/support/redis-server.ts';
import { recordFence } from '../directory/fence-file.ts';
import { activeTimers, isTimerLeft, until } from '../lock-contract.ts';
import { lockFileName } from '../lock-name.ts';
import { LockRunner } from '../lock-runner.ts';
import { queuedKeys } from '../process/process-queue.ts';
import { redisBackend } from '../redis.ts';
import { replyCodeOf } from './redis-failure.ts';
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

describe.skipIf(isMissing('redis'))('the redis backend and', () => {
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
      const store = new RedisStore({ client: one.client, leaseMs: shortLeaseMs, wakeChannel: 'wake:' });
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
      const store = new RedisStore({ client, leaseMs: shortLeaseMs, wakeChannel: 'wake:' });
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

  describe('a server that refuses', () => {
    const refused = (reply: string) => ({ code: 'LOCK_SERVER', details: { scope, reply } });

    it('for want of memory is reported, lets holders give back and grants nothing by halves', async () => {
      const one = await hosts.add();
      const held = await one.runner.acquire(scope);
      await hosts.admin.configSet('maxmemory', '1');
      await expect(one.runner.run(`${scope}:b`, once, () => 'ran')).rejects.toMatchObject({
        ...refused('OOM'),
        details: { scope: `${scope}:b`, reply: 'OOM' },
      });
      const startedMs = performance.now();
      await until(() => performance.now() - startedMs > 2 * shortLeaseMs);
      expect(held.signal.aborted).toBe(false);
      await held.release();
      await hosts.admin.configSet('maxmemory', '0');
      expect((await hosts.admin.keys('*')).filter((name) => !name.endsWith(':fence'))).toEqual([]);
    });

    it('as a read-only replica is reported, not waited for', async () => {
      const one = await hosts.add({ leaseMs: 600_000 }); // which a server that is away would be waited for
      await hosts.admin.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
      await expect(one.runner.run(scope, forever, () => 'ran')).rejects.toMatchObject(refused('READONLY'));
      await hosts.admin.sendCommand(['REPLICAOF', 'NO', 'ONE']);
    });

    it('for want of a password is reported', async () => {
      await using guarded = await startRedisServer({ args: ['--requirepass', 'right'] });
      const client = redisClientOf(guarded.socketPath, { RESP: 2 }); // which says nothing before its first command
      await client.connect();
      const runner = new LockRunner({ directory: hosts.directory, backend: redisBackend({ client }) });
      await expect(runner.run(scope, forever, () => 'ran')).rejects.toMatchObject(refused('NOAUTH'));
      client.destroy();
    });

    it('a password is reported without it', async () => {
      await using guarded = await startRedisServer({ args: ['--requirepass', 'right'] });
      const client = redisClientOf(guarded.socketPath, { username: 'default', password: 'se-cret' });
      const connecting = client.connect().catch(() => undefined);
      const runner = new LockRunner({
        directory: hosts.directory,
        backend: redisBackend({ client, leaseMs: shortLeaseMs }),
      });
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
      const one = await hosts.add();
      await hosts.admin.hSet(`${key}${suffix}`, 'a', '1');
      await expect(one.runner.run(scope, forever, () => 'ran')).rejects.toMatchObject(refused(reply));
      await hosts.admin.del(`${key}${suffix}`);
      expect(await hosts.admin.exists(key)).toBe(0);
    });

    it('because the counter is no number is reported, not healed', async () => {
      const one = await hosts.add();
      await hosts.admin.set(`${key}:fence`, 'much');
      await expect(one.runner.run(scope, once, () => 'ran')).rejects.toMatchObject({ code: 'LOCK_SERVER' });
      expect(await hosts.admin.exists(key)).toBe(0);
    });

    it('nothing is asked of a client that was closed', async () => {
      const one = await hosts.add();
      one.client.destroy();
      await expect(one.runner.run(scope, forever, () => 'ran')).rejects.toMatchObject({
        code: 'LOCK_SERVER',
        details: { scope },
      });
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
