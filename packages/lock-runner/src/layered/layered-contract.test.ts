/** Layers against the contract: of one host with shared locks, and out to a server; outsiders take the widest layer. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe } from 'vitest';
import { isMissing } from '../../../../tests/support/needs.ts';
import { type RedisServer, startRedisServer } from '../../../../tests/support/redis-server.ts';
import { closeLockFile, tryLockFile } from '../flock/lock-file.ts';
import type { LockBackendFactory } from '../lock-backend.ts';
import { describeLockBackend } from '../lock-contract.ts';
import { lockFileName } from '../lock-name.ts';
import { redisBackend } from '../redis.ts';
import { layeredBackend } from './layered-backend.ts';
import { flockBackend, processBackend } from './layered-parts.ts';

describeLockBackend({
  backend: 'layered(process,flock)',
  choice: layeredBackend(processBackend(), flockBackend()),
  modes: ['exclusive', 'shared'],
  randomRuns: 100,
  takeFromOutside: (directory, scope) => {
    const file = tryLockFile(join(directory, lockFileName(scope)), 'exclusive');
    return file && { giveBack: () => closeLockFile(file) };
  },
});

describe.skipIf(isMissing('redis'))('with a server', () => {
  let server: RedisServer;
  let client: ReturnType<typeof connectTo>;
  let backend: LockBackendFactory;

  const connectTo = (socketPath: string) =>
    createClient({ socket: { path: socketPath, tls: false } }).on('error', () => undefined);

  beforeAll(async () => {
    server = await startRedisServer();
    client = connectTo(server.socketPath);
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
    randomRuns: 100,
    takeFromOutside: async (_directory, scope) => {
      const key = `holdfast:lock:{${lockFileName(scope).replace('.lock', '')}}`;
      const value = randomBytes(16).toString('hex');
      const taken = await client.set(key, value, {
        condition: 'NX',
        expiration: { type: 'PX', value: 60_000 },
      });
      return taken === null ? undefined : { giveBack: async () => void (await client.del(key)) };
    },
  });
});
