/** The scripts on a real server, called as an account that may do less than most. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isMissing } from '../../../../tests/support/needs.ts';
import { type RedisClient, redisClientOf } from '../../../../tests/support/redis-hosts.ts';
import { type RedisServer, startRedisServer } from '../../../../tests/support/redis-server.ts';
import { extendScript, giveBackScript, type RedisScript, seekScript } from './redis-scripts.ts';

const [holder, waiter] = ['a'.repeat(48), 'b'.repeat(48)] as const;
const party = '{"pid":1,"host":"here"}';
const keys = ['lock', 'lock:fence', 'lock:line', 'lock:alive'];

describe.skipIf(isMissing('redis'))('an account without channels', () => {
  let server: RedisServer;
  let admin: RedisClient;
  let mute: RedisClient;

  const call = (script: RedisScript, token: string, ...args: readonly string[]) =>
    mute.eval(script.source, { keys: [...keys], arguments: [token, party, ...args] });
  const seek = (token: string) => call(seekScript, token, '60000', '0', '60000');

  beforeAll(async () => {
    server = await startRedisServer();
    admin = redisClientOf(server.socketPath);
    await admin.connect();
    const rules = ['on', 'nopass', '~*', '+@all', 'resetchannels'];
    await admin.sendCommand(['ACL', 'SETUSER', 'mute', ...rules]);
    mute = redisClientOf(server.socketPath, { username: 'mute', password: 'any' });
    await mute.connect();
  });

  afterAll(async () => {
    mute?.destroy();
    admin?.destroy();
    await server?.[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    await admin.flushAll();
  });

  it('gives back and is told so, although it may wake nobody', async () => {
    expect(await seek(holder)).toMatchObject([1, expect.any(Number), 0]);
    expect(await seek(waiter)).toMatchObject([0, expect.any(Number), 0]);
    expect(await call(giveBackScript, holder, 'wake:')).toEqual([1]);
    expect(await admin.exists('lock')).toBe(0);
  });

  it('extends what is its own, and nothing else', async () => {
    await seek(holder);
    await seek(waiter);
    expect(await call(extendScript, holder, '90000')).toEqual([1, 1]);
    expect(await admin.pTTL('lock')).toBeGreaterThan(60_000);
    expect(await call(extendScript, waiter, '120000')).toEqual([0, 0]);
    expect(await admin.pTTL('lock')).toBeLessThanOrEqual(90_000);
  });
});
