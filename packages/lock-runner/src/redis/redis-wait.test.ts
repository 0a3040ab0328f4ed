/** Waits for a Redis lock: calls that get lost, connections that break, servers that stall. */
import { describe, expect, it } from 'vitest';
import { isMissing } from '../../../../tests/support/needs.ts';
import { shortLeaseMs } from '../../../../tests/support/redis-hosts.ts';
import { forever, key, once, scope, useRedisHosts, waiters } from '../testing/redis-suite.ts';
import { turn, until } from '../testing/until.ts';

describe.skipIf(isMissing('redis'))('the redis backend', () => {
  const hosts = useRedisHosts();

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
});
