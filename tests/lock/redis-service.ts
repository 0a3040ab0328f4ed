/** A private Redis on which processes lock, and what somebody beside them sees of one lock. */
import { setImmediate as turn } from 'node:timers/promises';
import { type RedisClient, redisClientOf, redisKeyOf } from '../support/redis-hosts.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import type { ChildBackend } from './child-backend.ts';
import type { LockService } from './lock-service.ts';

export class RedisService implements LockService {
  readonly server: RedisServer;
  readonly #admin: RedisClient;

  private constructor(server: RedisServer, admin: RedisClient) {
    this.server = server;
    this.#admin = admin;
  }

  static async open(): Promise<RedisService> {
    const server = await startRedisServer();
    const admin = redisClientOf(server.socketPath);
    await admin.connect();
    return new RedisService(server, admin);
  }

  backend(leaseMs = 10_000): ChildBackend {
    return { kind: 'redis', path: this.server.socketPath, leaseMs };
  }

  async forget(): Promise<void> {
    await this.#admin.flushAll();
  }

  async traces(): Promise<readonly string[]> {
    return (await this.#admin.keys('*')).filter((key) => !key.endsWith(':fence'));
  }

  /** What tells one hold of the lock from another. */
  async tokenOf(scope: string): Promise<string | undefined> {
    return (await this.#admin.get(redisKeyOf(scope)))?.slice(0, 48);
  }

  /** Resolves when somebody else than `token` has the lock, as the server sees it, and has renewed it three times. */
  async renewedByAnother(scope: string, older: unknown): Promise<void> {
    let renewals = 0;
    for (let restMs = 0; renewals < 3; await turn()) {
      const [token, nowRestMs] = [await this.tokenOf(scope), await this.#admin.pTTL(redisKeyOf(scope))];
      if (token !== undefined && token !== older && nowRestMs > restMs) renewals += 1;
      restMs = nowRestMs;
    }
  }

  /** Starts the server again that was killed. */
  async restart(): Promise<void> {
    await this.server.start();
    while (!this.#admin.isReady) await turn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#admin.destroy();
    await this.server[Symbol.asyncDispose]();
  }
}
