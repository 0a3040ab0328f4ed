/**
 * From the first question to the grant: stand in the server's line, sleep until called, ask again. The line serves in the
 * order of arrival, and keeps the place of whoever goes on asking; who went silent for longer than the patience, dead or
 * stopped, is passed over.
 *
 * A server that is away is waited for like a holder, within the limit and no longer than a lease: by then it is not a
 * restart any more. A server that refuses is reported at once.
 */
import type { Clock } from '@holdfast/base';
import { type LeaseInstant, leaseInstant } from '../lease.ts';
import type { LockRequest } from '../lock-backend.ts';
import { waitLimit, waitLimitPassed } from '../wait-limit.ts';
import { isServerAway, serverFailure } from './redis-failure.ts';
import type { RedisClaim, RedisStore, SeekAnswer } from './redis-store.ts';
import type { RedisWakeLine, WakeCall } from './redis-wake-line.ts';

/** A place in line is kept so long without a sign of life. */
const patienceMs = 1_000;
/** Between two looks of the first in line, who would get the lock: the cost of a call that got lost. */
const firstLooksMs = { least: 50, most: 100 };
/** Between two signs of life of the others. */
const othersLookMs = patienceMs / 3;

export interface RedisWaitOptions {
  readonly store: RedisStore;
  readonly wakeLine: RedisWakeLine;
  readonly claim: RedisClaim;
  readonly request: LockRequest;
  readonly leaseMs: number;
  readonly clock: Clock;
  /** The newest generation that is known here. */
  readonly floor: () => number;
}

export interface RedisGranted {
  readonly fence: number;
  /** How many others waited. */
  readonly waiters: number;
  /** Taken before the question that was granted was sent. */
  readonly askedAt: LeaseInstant;
}

type Answer = SeekAnswer | { readonly kind: 'away'; readonly cause: unknown };

export class RedisWait {
  readonly #options: RedisWaitOptions;
  #awaySinceMs: number | undefined;
  #last: Answer | undefined;

  constructor(options: RedisWaitOptions) {
    this.#options = options;
  }

  /**
   * Whatever ends it, nothing of the claim is left on the server that outlives the lease.
   *
   * @returns undefined when the limit passed first
   * @throws the signal's reason, or HoldfastError LOCK_SERVER
   */
  async granted(): Promise<RedisGranted | undefined> {
    const { store, claim, request } = this.#options;
    let granted: RedisGranted | undefined;
    try {
      granted = await (request.waitMs === 0 ? this.#seek(request.signal) : this.#wait());
      return granted;
    } finally {
      const isNothingLeft = request.waitMs === 0 && this.#last?.kind === 'refused';
      if (granted === undefined && !isNothingLeft) await store.giveBack(claim);
    }
  }

  async #wait(): Promise<RedisGranted | undefined> {
    const { request, wakeLine, claim } = this.#options;
    using limit = waitLimit(request.waitMs, request.signal);
    using call = wakeLine.join(claim.token);
    try {
      // The first answer is waited for however short the limit is.
      let granted = await this.#seek(request.signal);
      if (granted === undefined) request.onBlocked();
      while (granted === undefined) {
        await this.#pause(call, limit.signal);
        granted = await this.#seek(limit.signal);
      }
      return granted;
    } catch (error) {
      if (error !== waitLimitPassed) throw error;
      if (this.#last?.kind === 'away') throw serverFailure(claim.scope, this.#last.cause);
      return undefined;
    }
  }

  #pause(call: WakeCall, signal: AbortSignal): Promise<void> {
    const { least, most } = firstLooksMs;
    const firstLookMs = least + Math.random() * (most - least);
    if (this.#last?.kind !== 'refused') return call.wait(firstLookMs, signal);
    const { place, restMs } = this.#last;
    if (place > 0) return call.wait(othersLookMs, signal);
    return call.wait(restMs > 0 ? Math.min(restMs + 1, firstLookMs) : firstLookMs, signal);
  }

  async #seek(signal: AbortSignal | undefined): Promise<RedisGranted | undefined> {
    const { store, claim, request, clock } = this.#options;
    const line = { floor: this.#options.floor(), patienceMs: request.waitMs > 0 ? patienceMs : 0 };
    const askedAt = leaseInstant(clock);
    try {
      this.#last = await store.seek(claim, line, signal);
    } catch (cause) {
      if (signal?.aborted === true) throw signal.reason;
      this.#noteAway(cause);
      return undefined;
    }
    this.#awaySinceMs = undefined;
    return this.#last.kind === 'granted' ? { ...this.#last, askedAt } : undefined;
  }

  /** @throws HoldfastError LOCK_SERVER - when it makes no sense to ask again */
  #noteAway(cause: unknown): void {
    const { store, claim, request, leaseMs, clock } = this.#options;
    this.#awaySinceMs ??= clock.monotonicMs();
    const isTooLong = clock.monotonicMs() - this.#awaySinceMs >= leaseMs;
    if (request.waitMs === 0 || isTooLong || !store.isOpen || !isServerAway(cause)) {
      throw serverFailure(claim.scope, cause);
    }
    this.#last = { kind: 'away', cause };
  }
}
