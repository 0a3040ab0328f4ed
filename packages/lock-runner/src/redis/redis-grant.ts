/**
 * A lock of the Redis backend that was granted: renewed until it is given back, and compared at each publish with the
 * newest generation that this host has seen.
 */
import { type Clock, isHoldfastError } from '@holdfast/base';
import { publishFenced, recordFence } from '../directory/fence-file.ts';
import { Lease } from '../lease.ts';
import type { Grant } from '../lock-backend.ts';
import type { RedisClaim, RedisStore } from './redis-store.ts';
import type { RedisGranted } from './redis-wait.ts';

export interface RedisGrantOptions {
  readonly store: RedisStore;
  readonly claim: RedisClaim;
  readonly granted: RedisGranted;
  readonly leaseMs: number;
  readonly clock: Clock;
  /** Of the lock file, beside which this host keeps its generations. */
  readonly path: string;
  readonly isContendedHere: () => boolean;
  readonly onReleased: () => void;
}

/** Two clocks count the lease: ours may go slower than the server's by a hundredth. */
const driftOf = (leaseMs: number) => Math.max(2, leaseMs / 100);
/** A publish of this host takes less, unless its process was stopped: then the tries to record a generation are paced. */
const publishMs = 5;
const recordPaceMs = 20;

export class RedisGrant implements Grant {
  readonly #options: RedisGrantOptions;
  readonly #lease: Lease;
  readonly #renewals = new AbortController();
  #waiters: number;

  constructor(options: RedisGrantOptions) {
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

  /**
   * From now on nothing older is published on this host. A process that was stopped inside its publish is waited for, with
   * the lease renewed: what it has begun has to land before anything of ours.
   *
   * @throws the signal's reason, HoldfastError LOCK_LOST, or what writing it fails with
   */
  async record(signal: AbortSignal): Promise<void> {
    const { path, claim, granted, clock } = this.#options;
    for (;;) {
      this.#lease.requireCurrent();
      try {
        recordFence(path, claim.scope, granted.fence, publishMs);
        return;
      } catch (error) {
        if (!isHoldfastError(error, 'LOCK_BUSY')) throw error;
      }
      await clock.sleep(recordPaceMs, signal);
    }
  }

  get lost(): AbortSignal {
    return this.#lease.lost;
  }

  async allotFence(): Promise<number> {
    this.#lease.requireCurrent();
    return this.#options.granted.fence;
  }

  /** Waiters of other processes are known from the last renewal. */
  contended(): boolean {
    return this.#options.isContendedHere() || this.#waiters > 0;
  }

  publish<Result>(_fence: number | undefined, step: () => Result): Result {
    const { path, claim, granted } = this.#options;
    const confirm = () => this.#lease.requireCurrent();
    return publishFenced({ path, scope: claim.scope, fence: granted.fence, confirm }, step);
  }

  async release(): Promise<void> {
    const { store, claim, onReleased } = this.#options;
    const ended = this.#lease.end();
    this.#renewals.abort('released'); // one that is under way comes to the server before the release does
    await ended;
    await store.giveBack(claim);
    onReleased();
  }

  async #renew(): Promise<boolean> {
    const waiters = await this.#options.store.extend(this.#options.claim, this.#renewals.signal);
    this.#waiters = waiters ?? 0;
    return waiters !== undefined;
  }
}
