/** A lock on the Redis server: ours from its grant on, renewed until it is given back. */
import type { Clock } from '@holdfast/base';
import { Lease } from '../lease.ts';
import type { ServerHold } from '../recorded-grant.ts';
import type { RedisClaim, RedisStore } from './redis-store.ts';
import type { RedisGranted } from './redis-wait.ts';

export interface RedisHoldOptions {
  readonly store: RedisStore;
  readonly claim: RedisClaim;
  readonly granted: RedisGranted;
  readonly leaseMs: number;
  readonly clock: Clock;
}

/** Two clocks count the lease: ours may go slower than the server's by a hundredth. */
const driftOf = (leaseMs: number) => Math.max(2, leaseMs / 100);

export class RedisHold implements ServerHold {
  readonly #options: RedisHoldOptions;
  readonly #lease: Lease;
  readonly #renewals = new AbortController();
  #waiters: number;

  constructor(options: RedisHoldOptions) {
    const { granted, leaseMs, clock, claim } = options;
    this.#options = options;
    this.#waiters = granted.waiters;
    this.#lease = new Lease({
      scope: claim.scope,
      leaseMs: leaseMs - driftOf(leaseMs),
      clock,
      grantedAt: granted.askedAt,
      renew: () => this.#renew(),
    });
  }

  get lost(): AbortSignal {
    return this.#lease.lost;
  }

  requireCurrent(): void {
    this.#lease.requireCurrent();
  }

  /** As of the last renewal. */
  contended(): boolean {
    return this.#waiters > 0;
  }

  async release(): Promise<void> {
    const { store, claim } = this.#options;
    const ended = this.#lease.end();
    this.#renewals.abort('released'); // one that is under way comes to the server before the release does
    await ended;
    await store.giveBack(claim);
  }

  async #renew(): Promise<boolean> {
    const waiters = await this.#options.store.extend(this.#options.claim, this.#renewals.signal);
    this.#waiters = waiters ?? 0;
    return waiters !== undefined;
  }
}
