/** What the Redis backend tells of others, whatever they have written to the server. */
import { describe, expect, it } from 'vitest';
import { isMissing } from '../../../../tests/support/needs.ts';
import { key, scope, useRedisHosts } from '../testing/redis-suite.ts';

const token = 'a'.repeat(48);
const evil = JSON.stringify({ pid: 7, host: 'a\u001b[2Jb', purpose: '\u202eevil\n' });

describe.skipIf(isMissing('redis'))('who on a Redis server', () => {
  const hosts = useRedisHosts();

  it('shows nothing of a holder and a waiter that could move a cursor', async () => {
    const one = await hosts.add();
    await hosts.admin.set(key, `${token} ${Date.now()} ${evil}`);
    await hosts.admin.zAdd(`${key}:line`, { score: 1, value: `${token} ${evil}` });
    await hosts.admin.zAdd(`${key}:alive`, { score: Date.now() + 60_000, value: `${token} ${evil}` });
    const tame = { pid: 7, host: 'a?[2Jb', purpose: '?evil?' };
    expect(await one.runner.who(scope)).toMatchObject({ holder: tame, waiters: [tame] });
    await hosts.admin.del([key, `${key}:line`, `${key}:alive`]);
  });

  it('tells that somebody holds it who is not of this kit', async () => {
    const one = await hosts.add();
    await hosts.admin.set(key, 'their-token', { expiration: { type: 'PX', value: 60_000 } });
    expect(await one.runner.who(scope)).toEqual({
      holder: { pid: 0, host: 'unknown', purpose: 'a client of the lock server' },
      waiters: [],
    });
    await hosts.admin.del(key);
    expect(await one.runner.who(scope)).toEqual({ waiters: [] });
  });
});
