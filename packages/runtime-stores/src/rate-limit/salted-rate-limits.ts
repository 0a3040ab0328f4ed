/**
 * Buckets whose keys are hashed under a salt that rotates. While the old and the new salt overlap a call is charged under
 * both: the bucket under the old one knows every charge, the one under the new one every charge since the rotation, so
 * nobody gets a fresh bucket by a rotation, and none is forgotten when the old salt is.
 */
import type { RateDecision, RateLimit, RateLimitStore } from './rate-limit.ts';

/** What is needed of a salt: `IpSalt` has it. */
export interface KeyHashes {
  /** The keyed hashes of `text`; `previous` while both count. */
  hash(text: string): Promise<{ readonly current: string; readonly previous?: string }>;
}

export class SaltedRateLimits {
  readonly #store: Pick<RateLimitStore, 'take' | 'refund'>;
  readonly #hashes: KeyHashes;

  constructor(store: Pick<RateLimitStore, 'take' | 'refund'>, hashes: KeyHashes) {
    this.#store = store;
    this.#hashes = hashes;
  }

  /**
   * As `RateLimitStore.take`, of the key that `text` is hashed to.
   *
   * @throws as the store and the hashes
   */
  async take(limit: RateLimit, text: string, cost = 1): Promise<RateDecision> {
    const { current, previous } = await this.#hashes.hash(text);
    if (previous === undefined) return await this.#store.take(limit, current, cost);
    const before = await this.#store.take(limit, previous, cost);
    if (!before.isAllowed) return before;
    const now = await this.#store.take(limit, current, cost);
    if (!now.isAllowed) await this.#store.refund(limit, previous, cost); // all or nothing
    return stricter(before, now);
  }

  async refund(limit: RateLimit, text: string, cost = 1): Promise<void> {
    const { current, previous } = await this.#hashes.hash(text);
    if (previous !== undefined) await this.#store.refund(limit, previous, cost);
    await this.#store.refund(limit, current, cost);
  }
}

function stricter(one: RateDecision, other: RateDecision): RateDecision {
  return {
    isAllowed: one.isAllowed && other.isAllowed,
    remaining: Math.min(one.remaining, other.remaining),
    retryAfterMs: Math.max(one.retryAfterMs, other.retryAfterMs),
    resetAfterMs: Math.max(one.resetAfterMs, other.resetAfterMs),
  };
}
