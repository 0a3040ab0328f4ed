/**
 * Locks of a server, as contenders: ours, and what people write by hand on the same client. Each gets a connection of its
 * own and the same server.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { LockRunner } from '@holdfast/lock-runner';
import { mysqlBackend } from '@holdfast/lock-runner/mysql';
import { redisBackend } from '@holdfast/lock-runner/redis';
import { createConnection } from 'mysql2/promise';
import { createClient } from 'redis';
import type { ServerKind } from './server-kind.ts';

/** Locks, calls `granted` while the lock is held, unlocks. */
export type Take = (granted: () => void) => Promise<void>;

export interface ServerTake extends AsyncDisposable {
  readonly take: Take;
}

export interface ServerTakeOptions {
  readonly kind: ServerKind;
  /** Of lock files, and of the fences that a host has seen. */
  readonly directory: string;
  readonly socketPath: string;
}

/** As recipes have it: a token, a lease far longer than the hold, another try after 1 to 10 ms. */
const leaseMs = 10_000;
const pauseMs = () => 1 + Math.random() * 9;
const deleteOwn = "if redis.call('get',KEYS[1])==ARGV[1] then return redis.call('del',KEYS[1]) end return 0";

export async function openServerTake({
  kind,
  directory,
  socketPath,
}: ServerTakeOptions): Promise<ServerTake> {
  switch (kind) {
    case 'holdfast redis':
      return await runnerOnRedis(directory, socketPath);
    case 'SET NX':
      return await bareRedis(socketPath);
    case 'holdfast mysql':
      return runnerOnMysql(directory, socketPath);
    case 'GET_LOCK':
      return await bareMysql(socketPath);
    default:
      return kind satisfies never;
  }
}

async function runnerOnRedis(directory: string, socketPath: string): Promise<ServerTake> {
  const client = createClient({ socket: { path: socketPath, tls: false } });
  await client.connect();
  const runner = new LockRunner({ directory, backend: redisBackend({ client }) });
  return {
    take: (granted) => runner.run('bench', {}, granted),
    [Symbol.asyncDispose]: async () => {
      await runner.close();
      client.destroy();
    },
  };
}

async function bareRedis(socketPath: string): Promise<ServerTake> {
  const client = createClient({ socket: { path: socketPath, tls: false } });
  await client.connect();
  const options = { condition: 'NX', expiration: { type: 'PX', value: leaseMs } } as const;
  return {
    take: async (granted) => {
      const token = randomUUID();
      while ((await client.set('bench', token, options)) === null) await delay(pauseMs());
      granted();
      await client.eval(deleteOwn, { keys: ['bench'], arguments: [token] });
    },
    [Symbol.asyncDispose]: async () => client.destroy(),
  };
}

function runnerOnMysql(directory: string, socketPath: string): ServerTake {
  const connection = { socketPath, user: 'root', database: 'holdfast' };
  const runner = new LockRunner({ directory, backend: mysqlBackend({ connection }) });
  return {
    take: (granted) => runner.run('bench', {}, granted),
    [Symbol.asyncDispose]: () => runner.close(),
  };
}

async function bareMysql(socketPath: string): Promise<ServerTake> {
  const connection = await createConnection({ socketPath, user: 'root', database: 'holdfast' });
  return {
    take: async (granted) => {
      await connection.query("SELECT GET_LOCK('bench', 60)");
      granted();
      await connection.query("SELECT RELEASE_LOCK('bench')");
    },
    [Symbol.asyncDispose]: () => connection.end(),
  };
}
