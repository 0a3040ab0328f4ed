/** For tests: buckets in the memory of one process, which is no limit at all as soon as there are two. */
import { type Clock, systemClock } from '@holdfast/base';
import { LocalBuckets } from './local-buckets.ts';
import type { RateDecision, RateLimit, RateLimitStore } from './rate-limit.ts';

export class MemoryRateLimits implements RateLimitStore {
  readonly #buckets = new LocalBuckets(Number.POSITIVE_INFINITY);
  readonly #clock: Clock;

  constructor({ clock = systemClock }: { readonly clock?: Clock } = {}) {
    this.#clock = clock;
  }

  async take(limit: RateLimit, key: string, cost = 1): Promise<RateDecision> {
    return this.#buckets.take(limit, key, cost, this.#nowUs());
  }

  async refund(limit: RateLimit, key: string, cost = 1): Promise<void> {
    this.#buckets.refund(limit, key, cost, this.#nowUs());
  }

  async sweep(): Promise<{ readonly removed: number }> {
    return { removed: this.#buckets.sweep(this.#nowUs()) };
  }

  #nowUs(): number {
    return this.#clock.wallMs() * 1_000;
  }
}
