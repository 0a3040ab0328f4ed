/**
 * A lock on a Redis server: a key with a lease, a random token and a line of waiters, on the caller's own connection.
 * Excludes every process of every host that asks the same server for the same key; who asks with `SET key value NX PX ms`
 * is excluded as well, but stands in no line.
 *
 * What it does not promise: a server that forgets (no persistence, an unfinished failover, eviction) can grant the lock
 * twice, and a holder that is stopped for longer than its lease has lost it without having noticed. On this host fences
 * keep such a holder from publishing; over the network the fence has to be compared where the effect is.
 */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Clock, LockGuarantee, LockReport } from '@holdfast/base';
import { lastFence } from '../directory/fence-file.ts';
import { prepareLockDirectory } from '../directory/lock-directory.ts';
import { Entrance, type GrantBeyond } from '../entrance.ts';
import { requireLeaseLength } from '../lease-length.ts';
import type {
  Grant,
  LockBackend,
  LockBackendContext,
  LockBackendFactory,
  LockRequest,
} from '../lock-backend.ts';
import { lockFileName } from '../lock-name.ts';
import { lockReport } from '../lock-report.ts';
import { recordedGrant } from '../recorded-grant.ts';
import { type RedisLockClient, redisAddressOf } from './redis-client.ts';
import { serverFailure } from './redis-failure.ts';
import { RedisHold } from './redis-hold.ts';
import { type RedisClaim, RedisStore } from './redis-store.ts';
import { RedisWait } from './redis-wait.ts';
import { RedisWakeLine } from './redis-wake-line.ts';

export interface RedisBackendOptions {
  /** Of `createClient()`, connected, with a listener for its errors. Stays the caller's: it is never closed here. */
  readonly client: RedisLockClient;
  /**
   * How long a dead holder keeps the others out, and a living one can go without the server, in milliseconds. Renewed at a
   * third. Everybody who shares a lock should use the same. Default 10 000, at least 100.
   */
  readonly leaseMs?: number;
  /** Of the keys; `{NAME}` of the scope follows, where NAME is the lock file's without `.lock`. Default `holdfast:lock:`. */
  readonly prefix?: string;
}

const defaultLeaseMs = 10_000;
/** Below, one late turn of the event loop loses the lock. */
const shortestLeaseMs = 100;
/** So much of a purpose is kept on the server. */
const longestPurpose = 400;

/**
 * Locks on a Redis server, for `new LockRunner({ directory, backend: redisBackend({ client }) })`. The directory keeps the
 * generations that this host has seen.
 *
 * @throws HoldfastError DURATION_INVALID - a lease that is no whole number of milliseconds, too short or too long
 */
export function redisBackend(options: RedisBackendOptions): LockBackendFactory {
  const { client, leaseMs = defaultLeaseMs, prefix = 'holdfast:lock:' } = options;
  requireLeaseLength(leaseMs, shortestLeaseMs);
  return (context) => new RedisBackend({ ...context, client, leaseMs, prefix });
}

interface Settings extends LockBackendContext, Required<RedisBackendOptions> {}

class RedisBackend implements LockBackend {
  readonly name = 'redis';
  readonly modes = ['exclusive'] as const;
  readonly guarantee: LockGuarantee = {
    scope: 'network',
    crashRelease: 'lease',
    canBeLost: true,
    fenced: true,
    fair: true,
  };
  readonly #settings: Settings;
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #entrance: Entrance;
  readonly #store: RedisStore;
  readonly #wakeLine: RedisWakeLine;
  /** Of the tokens of this backend, and of the channel it is called on. */
  readonly #nonce = randomBytes(8).toString('hex');

  constructor(settings: Settings) {
    const { client, leaseMs, prefix, directory, clock } = settings;
    const wakeChannel = `${prefix}wake:`;
    this.#settings = settings;
    this.#directory = resolve(directory);
    this.#clock = clock;
    this.#entrance = new Entrance({ clock, prepare: () => prepareLockDirectory(this.#directory) });
    this.#store = new RedisStore({ client, leaseMs, wakeChannel });
    this.#wakeLine = new RedisWakeLine({ client, channel: `${wakeChannel}${this.#nonce}`, clock });
  }

  keyOf(scope: string): string {
    const { client, prefix } = this.#settings;
    return `redis:${redisAddressOf(client)}:${prefix}${scope}`;
  }

  acquire(request: LockRequest): Promise<Grant | undefined> {
    const key = this.keyOf(request.scope);
    return this.#entrance.pass(key, request, (left, leftMs) => this.#seek(left, leftMs));
  }

  async who(scope: string): Promise<LockReport> {
    const queued = this.#entrance.waiters(this.keyOf(scope));
    try {
      const { holder, waiters } = await this.#store.look(this.#claimOf(scope, undefined));
      return lockReport(holder, [...waiters, ...queued]);
    } catch (cause) {
      throw serverFailure(scope, cause);
    }
  }

  async close(): Promise<void> {
    this.#wakeLine.close();
  }

  async #seek(request: LockRequest, leftMs: () => number): Promise<GrantBeyond | undefined> {
    const { scope, purpose, signal } = request;
    const { leaseMs } = this.#settings;
    const clock = this.#clock;
    const shared = { store: this.#store, clock, claim: this.#claimOf(scope, purpose), leaseMs };
    const path = join(this.#directory, lockFileName(scope));
    const wait = new RedisWait({
      ...shared,
      wakeLine: this.#wakeLine,
      request,
      floor: () => lastFence(path),
    });
    const granted = await wait.granted();
    if (granted === undefined) return undefined;
    const hold = new RedisHold({ ...shared, granted });
    return recordedGrant(hold, { path, scope, fence: granted.fence, clock, waitMs: leftMs(), signal });
  }

  #claimOf(scope: string, purpose: string | undefined): RedisClaim {
    const said = purpose === undefined ? {} : { purpose: purpose.slice(0, longestPurpose) };
    return {
      scope,
      key: `${this.#settings.prefix}{${lockFileName(scope).replace(/\.lock$/, '')}}`,
      token: `${this.#nonce}${randomBytes(16).toString('hex')}`,
      party: JSON.stringify({ pid: process.pid, host: hostname(), ...said }),
    };
  }
}
