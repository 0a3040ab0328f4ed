/** A Redis server that refuses, and what is told of it. */
import { describe, expect, it } from 'vitest';
import { isMissing } from '../../../../tests/support/needs.ts';
import { redisClientOf, shortLeaseMs } from '../../../../tests/support/redis-hosts.ts';
import { startRedisServer } from '../../../../tests/support/redis-server.ts';
import { LockRunner } from '../lock-runner.ts';
import { redisBackend } from '../redis.ts';
import { forever, key, once, scope, useRedisHosts } from '../testing/redis-suite.ts';
import { until } from '../testing/until.ts';
import { replyCodeOf } from './redis-failure.ts';

describe.skipIf(isMissing('redis'))('the redis backend and', () => {
  const hosts = useRedisHosts();

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
