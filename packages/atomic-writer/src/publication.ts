/**
 * Repeats a refused rename while it can still succeed: 50 ms doubling to 1 s, no jitter, until the budget is spent. Who
 * waits between the tries, blocking or not, is the caller's choice. A mount point stays refused and is not retried.
 */
import { backoff, errnoOf, isHoldfastError } from '@holdfast/base';
import type { FilePort } from './file-port.ts';
import { isMountPoint } from './mount-table.ts';

/** What an infinite budget counts as, in milliseconds. */
const longestBudgetMs = 10_000;

export class Publication {
  readonly #port: FilePort;
  readonly #path: string;
  readonly #delays = backoff({ initialMs: 50, maxMs: 1_000 });
  #budgetMs: number;
  #retries = 0;

  /** @param budgetMs - waiting time for retries in milliseconds; 0 = one try, `Infinity` = 10 s */
  constructor(port: FilePort, path: string, budgetMs: number) {
    this.#port = port;
    this.#path = path;
    this.#budgetMs = budgetMs === Number.POSITIVE_INFINITY ? longestBudgetMs : budgetMs;
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
    try {
      step();
      return undefined;
    } catch (error) {
      if (this.#budgetMs <= 0 || !this.#canPass(error)) throw error;
      const delayMs = Math.min(this.#delays.next().value, this.#budgetMs);
      this.#budgetMs -= delayMs;
      this.#retries += 1;
      return delayMs;
    }
  }

  #canPass(error: unknown): boolean {
    const errno = errnoOf(error);
    if (errno === undefined || isHoldfastError(error) || !this.#port.retryableErrnos.has(errno)) return false;
    return errno !== 'EBUSY' || !isMountPoint(this.#port.mountTable(), this.#path);
  }
}
