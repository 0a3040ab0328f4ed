/**
 * The token bucket as textbooks have it, to compare with: a level that rises with time up to a capacity, and is taken from.
 * It shares nothing with the code under test but the length of an interval in whole microseconds.
 */
import type { RateDecision, RateLimit } from '../rate-limit/rate-limit.ts';

interface Bucket {
  /** In microseconds of filling. */
  levelUs: number;
  atMs: number;
}

export class TokenBuckets {
  readonly #buckets = new Map<string, Bucket>();

  take(limit: RateLimit, key: string, cost: number, nowMs: number): RateDecision {
    const intervalUs = intervalOf(limit);
    const capacityUs = intervalUs * limit.burst;
    const bucket = this.#filled(limit, key, nowMs);
    const isAllowed = bucket.levelUs >= intervalUs * cost;
    if (isAllowed) bucket.levelUs -= intervalUs * cost;
    const missingUs = isAllowed ? 0 : intervalUs * cost - bucket.levelUs;
    return {
      isAllowed,
      remaining: Math.floor(bucket.levelUs / intervalUs),
      retryAfterMs: cost > limit.burst ? Number.POSITIVE_INFINITY : Math.ceil(missingUs / 1_000),
      resetAfterMs: Math.ceil((capacityUs - bucket.levelUs) / 1_000),
    };
  }

  refund(limit: RateLimit, key: string, cost: number, nowMs: number): void {
    const bucket = this.#filled(limit, key, nowMs);
    const intervalUs = intervalOf(limit);
    bucket.levelUs = Math.min(intervalUs * limit.burst, bucket.levelUs + intervalUs * cost);
  }

  #filled(limit: RateLimit, key: string, nowMs: number): Bucket {
    const capacityUs = intervalOf(limit) * limit.burst;
    const name = JSON.stringify([limit.name, key]);
    const bucket = this.#buckets.get(name) ?? { levelUs: capacityUs, atMs: nowMs };
    bucket.levelUs = Math.min(capacityUs, bucket.levelUs + (nowMs - bucket.atMs) * 1_000);
    bucket.atMs = nowMs;
    this.#buckets.set(name, bucket);
    return bucket;
  }
}

function intervalOf({ limit, periodMs }: RateLimit): number {
  return Math.ceil((periodMs * 1_000) / limit);
}
