/**
 * Buckets in the memory of this process, at most so many: when there is no room, those that are full again go; when none
 * is, a new key is refused, so that nobody gets in by asking for many keys. Another process knows nothing of them.
 */
import { bucketHash } from './bucket-key.ts';
import { gcraOf, refundTo, requireCost, takeFrom } from './gcra.ts';
import type { RateDecision, RateLimit } from './rate-limit.ts';

export class LocalBuckets {
  readonly #mostKeys: number;
  readonly #tats = new Map<string, number>();

  /** @param mostKeys - about 200 bytes each */
  constructor(mostKeys: number) {
    this.#mostKeys = mostKeys;
  }

  get size(): number {
    return this.#tats.size;
  }

  take(limit: RateLimit, key: string, cost: number, nowUs: number): RateDecision {
    const gcra = gcraOf(limit);
    requireCost(cost);
    const bucket = bucketHash(limit, key);
    const present = this.#tats.get(bucket);
    const { decision, tat } = takeFrom(gcra, present, nowUs, cost);
    if (tat === undefined) return decision;
    if (present === undefined && !this.#hasRoom(nowUs))
      return { isAllowed: false, remaining: 0, retryAfterMs: noRoomMs, resetAfterMs: noRoomMs };
    this.#tats.set(bucket, tat);
    return decision;
  }

  refund(limit: RateLimit, key: string, cost: number, nowUs: number): void {
    const gcra = gcraOf(limit);
    requireCost(cost);
    const bucket = bucketHash(limit, key);
    const tat = refundTo(gcra, this.#tats.get(bucket), nowUs, cost);
    if (tat === undefined) this.#tats.delete(bucket);
    else this.#tats.set(bucket, tat);
  }

  /** @returns how many went */
  sweep(nowUs: number): number {
    const before = this.#tats.size;
    for (const [bucket, tat] of this.#tats) if (tat <= nowUs) this.#tats.delete(bucket);
    return before - this.#tats.size;
  }

  #hasRoom(nowUs: number): boolean {
    return this.#tats.size < this.#mostKeys || this.sweep(nowUs) > 0;
  }
}

/** When to ask again where there is no room, in milliseconds. */
const noRoomMs = 1_000;
