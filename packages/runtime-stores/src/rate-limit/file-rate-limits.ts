/**
 * Buckets in files, for the processes of one host. Hot counters belong on tmpfs: nothing is flushed, a reboot or a power
 * cut forgets them, and then everybody begins with a full bucket.
 *
 * A full or damaged file system is an error, never an allowed call: `FallbackRateLimits` answers then.
 */
import { type Clock, systemClock } from '@holdfast/base';
import type { LockRunner } from '@holdfast/lock-runner';
import { KeyedDocuments, type SweepOptions } from '../documents/keyed-documents.ts';
import { bucketName } from './bucket-key.ts';
import { type Gcra, gcraOf, refundTo, requireCost, takeFrom } from './gcra.ts';
import type { RateDecision, RateLimit, RateLimitStore } from './rate-limit.ts';
import { tatSchema } from './tat-schema.ts';

export interface FileRateLimitsOptions {
  /** Of the rate limits alone, on tmpfs by preference: `/run/holdfast/stores/rate-limit`. */
  readonly directory: string;
  readonly runner: LockRunner;
  /** What the locks of its shards begin with. Default `rate-limit`. */
  readonly scope?: string;
  /** How long a decision waits for its lock, in milliseconds. Default 2000. */
  readonly waitMs?: number;
  readonly clock?: Clock;
}

/** Keys of which is remembered that they were refused; the oldest is forgotten. */
const mostRefused = 1_024;
/** Longer ones are not remembered. */
const longestRemembered = 256;

export class FileRateLimits implements RateLimitStore {
  /** The files themselves, for whoever inspects them. */
  readonly documents: KeyedDocuments<number>;
  readonly #clock: Clock;
  /** Until when a key that was refused will be, in milliseconds of the wall clock, as far as this process knows. */
  readonly #refusedUntilMs = new Map<string, number>();

  constructor({ scope = 'rate-limit', clock = systemClock, ...options }: FileRateLimitsOptions) {
    this.documents = new KeyedDocuments({ ...options, scope, clock, entry: tatSchema, durability: 'none' });
    this.#clock = clock;
  }

  async take(limit: RateLimit, key: string, cost = 1): Promise<RateDecision> {
    const gcra = gcraOf(limit);
    requireCost(cost);
    const name = bucketName(limit, key);
    const refusal = this.#refusedAgain(gcra, name, cost);
    if (refusal !== undefined) return refusal;
    const { decision, nowMs } = await this.documents.change(name, (present, nowMs) => {
      const { decision, tat } = takeFrom(gcra, present, nowMs * 1_000, cost);
      if (tat === undefined) return { result: { decision, nowMs }, unchanged: true };
      return { entry: tat, result: { decision, nowMs } };
    });
    if (!decision.isAllowed) this.#remember(name, nowMs + decision.retryAfterMs);
    return decision;
  }

  async refund(limit: RateLimit, key: string, cost = 1): Promise<void> {
    const gcra = gcraOf(limit);
    requireCost(cost);
    await this.documents.change(bucketName(limit, key), (present, nowMs) => {
      if (present === undefined) return { result: undefined, unchanged: true };
      return { entry: refundTo(gcra, present, nowMs * 1_000, cost), result: undefined };
    });
  }

  async sweep(options: SweepOptions = {}): Promise<{ readonly removed: number }> {
    return await this.documents.sweep((tat, nowMs) => tat <= nowMs * 1_000, options);
  }

  /**
   * A refusal changes nothing, so it needs no lock: what the document says is enough, with the clock read after it. Tried
   * where this process expects one, which is where many calls for one key come from; else reading twice would cost more.
   */
  #refusedAgain(gcra: Gcra, name: string, cost: number): RateDecision | undefined {
    const untilMs = this.#refusedUntilMs.get(name);
    if (untilMs === undefined) return undefined;
    if (this.#clock.wallMs() < untilMs) {
      const present = this.documents.read(name);
      const { decision } = takeFrom(gcra, present, this.#clock.wallMs() * 1_000, cost);
      if (!decision.isAllowed) return decision;
    }
    this.#refusedUntilMs.delete(name);
    return undefined;
  }

  #remember(name: string, untilMs: number): void {
    if (name.length > longestRemembered) return;
    const [oldest] = this.#refusedUntilMs.keys();
    if (oldest !== undefined && this.#refusedUntilMs.size >= mostRefused) this.#refusedUntilMs.delete(oldest);
    this.#refusedUntilMs.set(name, untilMs);
  }
}
