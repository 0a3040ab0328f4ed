/** The Redis backend against the contract, on a server of its own; raw commands on a second connection stand for others. */
import { randomBytes } from 'node:crypto';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe } from 'vitest';
import { isMissing } from '../../../../tests/support/needs.ts';
import { type RedisServer, startRedisServer } from '../../../../tests/support/redis-server.ts';
import { describeLockBackend } from '../lock-contract.ts';
import { lockFileName } from '../lock-name.ts';
import { redisBackend } from '../redis.ts';

type Client = ReturnType<typeof connectTo>;

const connectTo = (socketPath: string) =>
  createClient({ socket: { path: socketPath, tls: false } }).on('error', () => undefined);

describe.skipIf(isMissing('redis'))('on a server', () => {
  let server: RedisServer;
  let client: Client;
  let outside: Client;
  let backend: ReturnType<typeof redisBackend>;

  beforeAll(async () => {
    server = await startRedisServer();
    client = connectTo(server.socketPath);
    outside = connectTo(server.socketPath);
    await Promise.all([client.connect(), outside.connect()]);
    backend = redisBackend({ client });
  });

  afterAll(async () => {
    client.destroy();
    outside.destroy();
    await server[Symbol.asyncDispose]();
  });

  describeLockBackend({
    backend: 'redis',
    choice: (context) => backend(context),
    modes: ['exclusive'],
    randomRuns: 150,
    takeFromOutside: async (_directory, scope) => {
      const key = `holdfast:lock:{${lockFileName(scope).replace('.lock', '')}}`;
      const value = randomBytes(16).toString('hex');
      const answer = await outside.set(key, value, {
        condition: 'NX',
        expiration: { type: 'PX', value: 60_000 },
      });
      return answer === null ? undefined : { giveBack: async () => void (await outside.del(key)) };
    },
  });
});
