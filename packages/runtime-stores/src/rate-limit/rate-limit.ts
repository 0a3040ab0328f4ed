/**
 * What a rate limit is, what it answers, and what a store of its buckets does. A bucket is one limit for one key; it holds
 * up to `burst` permits and gets `limit` back in every `periodMs`, evenly.
 */
import type { SweepOptions } from '../documents/keyed-documents.ts';

export interface RateLimit {
  /** Which limit it is, also in header fields: small letters, digits, `:` and `-`, up to 64. */
  readonly name: string;
  /** Permits that come back in a period. */
  readonly limit: number;
  /** Length of a period, in milliseconds. */
  readonly periodMs: number;
  /** Permits that a bucket holds at the most: so many may be taken at once. */
  readonly burst: number;
}

export interface RateDecision {
  /** A refused call has taken nothing. */
  readonly isAllowed: boolean;
  /** Permits that are left now. */
  readonly remaining: number;
  /**
   * After so many milliseconds, and not one sooner, the same call is allowed, when nobody else takes any: 0 for one that
   * was, `Infinity` for a cost greater than the burst.
   */
  readonly retryAfterMs: number;
  /** After so many milliseconds the bucket is full. */
  readonly resetAfterMs: number;
}

export interface RateLimitStore {
  /**
   * Takes `cost` permits, all or none, and says so; in one step that nobody can come between.
   *
   * @param key - any text that is not empty; it is stored as a hash. Default cost 1
   * @throws HoldfastError USAGE - the limit, the key or the cost makes no sense
   * @throws HoldfastError of the store - whether it was taken is not known then
   */
  take(limit: RateLimit, key: string, cost?: number): Promise<RateDecision>;
  /** Gives back what `take` took; never more than fits into the bucket. */
  refund(limit: RateLimit, key: string, cost?: number): Promise<void>;
  /** Forgets buckets that are full, in bounded steps. */
  sweep(options?: SweepOptions): Promise<{ readonly removed: number }>;
}
