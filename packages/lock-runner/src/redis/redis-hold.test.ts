/** A Redis lock that is held: its renewal, its loss, what it publishes, and its keys. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Held } from '@holdfast/base';
import { describe, expect, it, vi } from 'vitest';
import { isMissing } from '../../../../tests/support/needs.ts';
import { redisClientOf, shortLeaseMs } from '../../../../tests/support/redis-hosts.ts';
import { recordFence } from '../directory/fence-file.ts';
import { lockFileName } from '../lock-name.ts';
import { redisBackend } from '../redis.ts';
import { key, once, scope, useRedisHosts } from '../testing/redis-suite.ts';
import { until } from '../testing/until.ts';

describe.skipIf(isMissing('redis'))('the redis backend', () => {
  const hosts = useRedisHosts();

  const lost = (held: Held) => until(() => held.signal.aborted);
  const tokenOf = async () => (await hosts.admin.get(key))?.slice(0, 48);

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
