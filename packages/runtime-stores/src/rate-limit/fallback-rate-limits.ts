/**
 * What answers while the store of the buckets cannot: a stricter limit in the memory of this process, and when that is used
 * up, nobody. To let everybody in because a server is away would make its failure the way to guess passwords; to let
 * nobody in would make it the way to lock all users out.
 *
 * A store that has failed is asked again after a while, so that not every login waits for its silence. Calls in between are
 * not charged to it.
 */
import { type Clock, HoldfastError, isHoldfastError, systemClock } from '@holdfast/base';
import type { SweepOptions } from '../documents/keyed-documents.ts';
import { LocalBuckets } from './local-buckets.ts';
import type { RateDecision, RateLimit, RateLimitStore } from './rate-limit.ts';

export interface FallbackRateLimitsOptions {
  readonly store: RateLimitStore;
  /** By what limit and burst are divided meanwhile, since other processes do the same. Default 4. */
  readonly divisor?: number;
  /** Buckets that are kept meanwhile. Default 10 000. */
  readonly mostKeys?: number;
  /** How long a failed store is left alone, in milliseconds. Default 1000. */
  readonly retryAfterMs?: number;
  /** Hears of each failure: for logs and metrics. */
  readonly onFailure?: (error: HoldfastError) => void;
  readonly clock?: Clock;
}

export class FallbackRateLimits implements RateLimitStore {
  readonly #store: RateLimitStore;
  readonly #divisor: number;
  readonly #retryAfterMs: number;
  readonly #onFailure: ((error: HoldfastError) => void) | undefined;
  readonly #clock: Clock;
  readonly #local: LocalBuckets;
  readonly #stricter = new WeakMap<RateLimit, RateLimit>();
  #failure: { readonly error: HoldfastError; readonly untilMs: number } | undefined;

  constructor(options: FallbackRateLimitsOptions) {
    this.#store = options.store;
    this.#divisor = options.divisor ?? 4;
    this.#retryAfterMs = options.retryAfterMs ?? 1_000;
    this.#onFailure = options.onFailure;
    this.#clock = options.clock ?? systemClock;
    this.#local = new LocalBuckets(options.mostKeys ?? 10_000);
  }

  /** Whether the last answer came from the store. */
  get isStoreUp(): boolean {
    return this.#failure === undefined;
  }

  /**
   * @throws HoldfastError RATE_LIMIT_UNAVAILABLE - the store cannot answer and the local limit is used up;
   *   `details.retryAfterMs` says until when
   * @throws HoldfastError USAGE, CANCELLED - as the store: that is no failure of it
   */
  async take(limit: RateLimit, key: string, cost = 1): Promise<RateDecision> {
    const failure = await this.#unlessDown((store) => store.take(limit, key, cost));
    if (!('error' in failure)) return failure.answer;
    const { error } = failure;
    const strict = this.#strictOf(limit);
    const decision = this.#local.take(strict, key, Math.min(cost, strict.burst), this.#nowUs());
    if (decision.isAllowed) return decision;
    const { retryAfterMs } = decision;
    throw new HoldfastError(
      'RATE_LIMIT_UNAVAILABLE',
      `the store of the rate limit ${limit.name} cannot answer, and its local limit is used up`,
      { cause: error, details: { limit: limit.name, retryAfterMs } },
    );
  }

  async refund(limit: RateLimit, key: string, cost = 1): Promise<void> {
    const failure = await this.#unlessDown((store) => store.refund(limit, key, cost));
    if (!('error' in failure)) return;
    const strict = this.#strictOf(limit);
    this.#local.refund(strict, key, Math.min(cost, strict.burst), this.#nowUs());
  }

  /** @throws as the store */
  async sweep(options?: SweepOptions): Promise<{ readonly removed: number }> {
    this.#local.sweep(this.#nowUs());
    return await this.#store.sweep(options);
  }

  async #unlessDown<Answer>(
    ask: (store: RateLimitStore) => Promise<Answer>,
  ): Promise<{ readonly answer: Answer } | { readonly error: HoldfastError }> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#failure !== undefined && nowMs < this.#failure.untilMs) return this.#failure;
    // Who comes while this one asks goes by the failure before, if there was one.
    if (this.#failure !== undefined)
      this.#failure = { ...this.#failure, untilMs: nowMs + this.#retryAfterMs };
    try {
      const answer = await ask(this.#store);
      this.#failure = undefined;
      return { answer };
    } catch (error) {
      if (!isHoldfastError(error) || isNoFailure(error)) throw error;
      this.#failure = { error, untilMs: this.#clock.monotonicMs() + this.#retryAfterMs };
      this.#onFailure?.(error);
      return { error };
    }
  }

  #strictOf(limit: RateLimit): RateLimit {
    const known = this.#stricter.get(limit);
    if (known !== undefined) return known;
    const less = (permits: number) => Math.max(1, Math.floor(permits / this.#divisor));
    const strict = Object.freeze({ ...limit, limit: less(limit.limit), burst: less(limit.burst) });
    this.#stricter.set(limit, strict);
    return strict;
  }

  #nowUs(): number {
    return Math.floor(this.#clock.monotonicMs() * 1_000);
  }
}

/** The caller's own doing. */
function isNoFailure({ code }: HoldfastError): boolean {
  return ['USAGE', 'CANCELLED', 'TERMINATED', 'INTERNAL'].includes(code);
}
