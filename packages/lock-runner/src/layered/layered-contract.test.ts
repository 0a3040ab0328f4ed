/** Layers against the contract: of one host with shared locks, and out to a server; outsiders take the widest layer. */
import { afterAll, beforeAll, describe } from 'vitest';
import { isMissing } from '../../../../tests/support/needs.ts';
import { randomRuns } from '../../../../tests/support/random-runs.ts';
import { type RedisClient, redisClientOf } from '../../../../tests/support/redis-hosts.ts';
import { type RedisServer, startRedisServer } from '../../../../tests/support/redis-server.ts';
import type { LockBackendFactory } from '../lock-backend.ts';
import { redisBackend } from '../redis.ts';
import { describeLockBackend } from '../testing/lock-contract.ts';
import { takeLockFile, takeRedisKey } from '../testing/outsiders.ts';
import { layeredBackend } from './layered-backend.ts';
import { flockBackend, processBackend } from './layered-parts.ts';

describeLockBackend({
  backend: 'layered(process,flock)',
  choice: layeredBackend(processBackend(), flockBackend()),
  modes: ['exclusive', 'shared'],
  randomRuns: randomRuns(100),
  takeFromOutside: takeLockFile,
});

describe.skipIf(isMissing('redis'))('with a server', () => {
  let server: RedisServer;
  let client: RedisClient;
  let backend: LockBackendFactory;

  beforeAll(async () => {
    server = await startRedisServer();
    client = redisClientOf(server.socketPath);
    await client.connect();
    backend = layeredBackend(processBackend(), flockBackend(), redisBackend({ client }));
  });

  afterAll(async () => {
    client.destroy();
    await server[Symbol.asyncDispose]();
  });

  describeLockBackend({
    backend: 'layered(process,flock,redis)',
    choice: (context) => backend(context),
    modes: ['exclusive'],
    randomRuns: randomRuns(100),
    takeFromOutside: (_directory, scope) => takeRedisKey(client, scope),
  });
});
