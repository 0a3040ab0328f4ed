/** A salt on a Redis server: the contract. */
import { afterAll, beforeAll, describe } from 'vitest';
import { isMissing } from '../../../../tests/support/needs.ts';
import { type RedisClient, redisClientOf } from '../../../../tests/support/redis-hosts.ts';
import { type RedisServer, startRedisServer } from '../../../../tests/support/redis-server.ts';
import { describeSaltStore } from './ip-salt-contract.ts';
import { RedisSaltStore } from './redis-salt-store.ts';

describe.skipIf(isMissing('redis'))('on a server', () => {
  let server: RedisServer;
  let client: RedisClient;
  let made = 0;
  beforeAll(async () => {
    server = await startRedisServer();
    client = redisClientOf(server.socketPath);
    await client.connect();
  });
  afterAll(async () => {
    client.destroy();
    await server[Symbol.asyncDispose]();
  });

  describeSaltStore('Redis', async () => {
    made += 1;
    const name = `salt-${made}`;
    return {
      open: () => new RedisSaltStore({ client, name }),
      damage: async () => {
        await client.set(`holdfast:salt:${name}`, '{"current":');
      },
      [Symbol.asyncDispose]: async () => undefined,
    };
  });
});
