/** The Redis backend against the contract, on a server of its own; raw commands on a second connection stand for others. */
import { afterAll, beforeAll, describe } from 'vitest';
import { isMissing } from '../../../../tests/support/needs.ts';
import { randomRuns } from '../../../../tests/support/random-runs.ts';
import { type RedisClient, redisClientOf } from '../../../../tests/support/redis-hosts.ts';
import { type RedisServer, startRedisServer } from '../../../../tests/support/redis-server.ts';
import { redisBackend } from '../redis.ts';
import { describeLockBackend } from '../testing/lock-contract.ts';
import { takeRedisKey } from '../testing/outsiders.ts';

describe.skipIf(isMissing('redis'))('on a server', () => {
  let server: RedisServer;
  let client: RedisClient;
  let outside: RedisClient;
  let backend: ReturnType<typeof redisBackend>;

  beforeAll(async () => {
    server = await startRedisServer();
    client = redisClientOf(server.socketPath);
    outside = redisClientOf(server.socketPath);
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
    missesDirectory: true,
    randomRuns: randomRuns(100),
    takeFromOutside: (_directory, scope) => takeRedisKey(outside, scope),
  });
});
