/**
 * Repeats a refused rename while it can still succeed: 50 ms doubling to 1 s, no jitter, until the budget is spent. Who
 * waits between the tries, blocking or not, is the caller's choice. A mount point stays refused and is not retried.
 */
import { backoff, type Clock, errnoOf, isHoldfastError } from '@holdfast/base';
import type { FilePort } from './file-port.ts';
import { standsOnMountPoint } from './mount-table.ts';
import type { RetryBudget } from './retry-budget.ts';

export interface PublicationOptions {
  readonly port: FilePort;
  readonly clock: Clock;
  readonly path: string;
  /** Shared by all publishes of one hold; asked for when a rename was refused. */
  readonly budget: () => RetryBudget;
}

export class Publication {
  readonly #options: PublicationOptions;
  #delays: ReturnType<typeof backoff> | undefined;
  #retries = 0;
  #waitingSinceMs: number | undefined;

  constructor(options: PublicationOptions) {
    this.#options = options;
  }

  get retries(): number {
    return this.#retries;
  }

  /**
   * Runs `step` once.
   *
   * @returns undefined when it succeeded, else for how many milliseconds to wait before the next try
   * @throws what `step` threw, when another try cannot help or the budget is spent
   */
  attempt(step: () => void): number | undefined {
    this.#accountForWait();
    try {
      step();
      return undefined;
    } catch (error) {
      return this.#waitAfter(error);
    }
  }

  /** `attempt` of a step that takes its time. */
  async attemptLater(step: () => Promise<void>): Promise<number | undefined> {
    this.#accountForWait();
    try {
      await step();
      return undefined;
    } catch (error) {
      return this.#waitAfter(error);
    }
  }

  #waitAfter(error: unknown): number {
    const { clock } = this.#options;
    const budget = this.#options.budget();
    this.#delays ??= backoff({ initialMs: 50, maxMs: 1_000 });
    if (budget.leftMs <= 0 || !this.#canPass(error)) throw error;
    this.#retries += 1;
    this.#waitingSinceMs = clock.monotonicMs();
    return Math.min(this.#delays.next().value, budget.leftMs);
  }

  /** A wait counts with what it took, not with what was asked for. */
  #accountForWait(): void {
    if (this.#waitingSinceMs === undefined) return;
    this.#options.budget().spend(this.#options.clock.monotonicMs() - this.#waitingSinceMs);
    this.#waitingSinceMs = undefined;
  }

  #canPass(error: unknown): boolean {
    const { port, path } = this.#options;
    const errno = errnoOf(error);
    if (errno === undefined || isHoldfastError(error) || !port.retryableErrnos.has(errno)) return false;
    return errno !== 'EBUSY' || !standsOnMountPoint(port, path);
  }
}
