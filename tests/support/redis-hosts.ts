/**
 * Hosts that lock on one private redis-server, all in this process: each has a lock directory and an address of its own,
 * another link to the same socket, so that they share nothing but the server.
 */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { LockRunner, lockFileName } from '@holdfast/lock-runner';
import { type RedisBackendOptions, redisBackend } from '@holdfast/lock-runner/redis';
import { createClient } from 'redis';
import { type RedisServer, startRedisServer } from './redis-server.ts';
import { type TemporaryDirectory, temporaryDirectory } from './temporary-directory.ts';

export type RedisClient = ReturnType<typeof redisClientOf>;

export interface RedisHost {
  readonly runner: LockRunner;
  readonly client: RedisClient;
  readonly directory: string;
}

/** Short, so that a loss is soon; long enough for a busy machine to renew. */
export const shortLeaseMs = 750;

/** A client that reconnects quickly and is quiet about it. */
export function redisClientOf(path: string, options: object = {}) {
  const socket = { path, tls: false, reconnectStrategy: () => 20 } as const;
  return createClient({ ...options, socket }).on('error', () => undefined);
}

/** The key of a scope's lock under the default prefix. */
export function redisKeyOf(scope: string): string {
  return `holdfast:lock:{${lockFileName(scope).replace('.lock', '')}}`;
}

/** `start` and `stop` belong around a suite, `begin` and `end` around each test. */
export class RedisHosts {
  #server: RedisServer | undefined;
  #admin: RedisClient | undefined;
  #base: TemporaryDirectory | undefined;
  #hosts: RedisHost[] = [];

  get server(): RedisServer {
    if (this.#server === undefined) throw new Error('the server has not been started');
    return this.#server;
  }

  /** Somebody beside all hosts. */
  get admin(): RedisClient {
    if (this.#admin === undefined) throw new Error('the server has not been started');
    return this.#admin;
  }

  /** Of this test. */
  get directory(): string {
    return this.#base?.path ?? '';
  }

  async start(): Promise<void> {
    this.#server = await startRedisServer();
    this.#admin = redisClientOf(this.#server.socketPath);
    await this.#admin.connect();
  }

  async stop(): Promise<void> {
    this.admin.destroy();
    await this.server[Symbol.asyncDispose]();
  }

  async begin(): Promise<void> {
    this.#base = await temporaryDirectory();
    this.#hosts = [];
    await this.ready();
    await this.admin.flushAll();
  }

  /** @returns the keys that should not be there any more */
  async end(): Promise<readonly string[]> {
    if (this.server.isRunning) this.resume();
    else await this.server.start(); // a test that failed has left it so
    await Promise.all(this.#hosts.map(({ runner }) => runner.close()));
    await this.ready();
    const left = await this.admin.keys('*');
    for (const { client } of this.#hosts) client.destroy();
    await this.#base?.[Symbol.asyncDispose]();
    return left.filter((key) => !key.endsWith(':fence'));
  }

  async add(
    options: Omit<RedisBackendOptions, 'client'> = { leaseMs: shortLeaseMs },
    clientOptions: object = {},
  ): Promise<RedisHost> {
    const directory = join(this.directory, `host-${this.#hosts.length}`);
    mkdirSync(directory, { mode: 0o700 });
    const path = join(directory, 'redis.sock');
    symlinkSync(this.server.socketPath, path);
    const client = redisClientOf(path, clientOptions);
    await client.connect();
    const host = {
      client,
      directory,
      runner: new LockRunner({ directory, backend: redisBackend({ ...options, client }) }),
    };
    this.#hosts.push(host);
    return host;
  }

  /** Resolves when everybody is connected. */
  async ready(): Promise<void> {
    const clients = [this.admin, ...this.#hosts.map(({ client }) => client).filter(({ isOpen }) => isOpen)];
    while (!clients.every(({ isReady }) => isReady)) await turn();
  }

  /** Resolves when nobody is connected. */
  async alone(): Promise<void> {
    while (this.#hosts.some(({ client }) => client.isReady)) await turn();
  }

  /** Stops the server: it takes commands in and answers nothing. */
  stall(): void {
    process.kill(this.server.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.server.pid, 'SIGCONT');
  }
}
