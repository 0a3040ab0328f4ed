/**
 * One mutation of a resource at a time in this process: a burst becomes a queue instead of conflicts and busy databases. It
 * is an optimisation. What keeps two writers apart is the version in the statement that writes, because other processes
 * know nothing of this queue.
 *
 * The queue is the process backend of the lock runner: fair, sorted when there are several keys, and gone when idle. What is
 * added is a bound, so that a resource that everybody wants refuses instead of collecting everybody.
 */
import { type Clock, isHoldfastError, systemClock } from '@holdfast/base';
import { LockRunner } from '@holdfast/lock-runner';

export interface ResourceMutexOptions {
  /** How long a mutation waits for its turn, in milliseconds; 2000. */
  readonly waitMs?: number;
  /** How many may be inside and waiting for one resource; 64. */
  readonly most?: number;
  readonly clock?: Clock;
}

export type Turn<Result> =
  | { readonly kind: 'had'; readonly result: Result }
  /** The queue was full, or the turn did not come in time. */
  | { readonly kind: 'busy' };

export class ResourceMutex {
  readonly #runner: LockRunner;
  readonly #waitMs: number;
  readonly #most: number;
  readonly #inside = new Map<string, number>();

  constructor({ waitMs = 2_000, most = 64, clock = systemClock }: ResourceMutexOptions = {}) {
    // The process backend has no directory.
    this.#runner = new LockRunner({ directory: '', backend: 'process', clock });
    this.#waitMs = waitMs;
    this.#most = most;
  }

  /**
   * Runs `work` while nobody else of this process has one of `keys`. Hold it across the database only, never across a
   * network.
   *
   * @throws HoldfastError LOCK_REENTRANT - this chain of calls holds one of them already
   * @throws whatever `work` throws
   */
  async run<Result>(keys: readonly string[], work: () => Promise<Result>): Promise<Turn<Result>> {
    const wanted = [...new Set(keys)];
    if (wanted.some((key) => (this.#inside.get(key) ?? 0) >= this.#most)) return { kind: 'busy' };
    if (wanted.length === 0) return { kind: 'had', result: await work() };
    for (const key of wanted) this.#inside.set(key, (this.#inside.get(key) ?? 0) + 1);
    try {
      return await this.#queue(wanted, work);
    } finally {
      for (const key of wanted) this.#leave(key);
    }
  }

  /** Resources that somebody has or waits for. */
  get busyKeys(): readonly string[] {
    return [...this.#inside.keys()];
  }

  async #queue<Result>(keys: readonly string[], work: () => Promise<Result>): Promise<Turn<Result>> {
    let hasBegun = false;
    const begin = async (): Promise<Turn<Result>> => {
      hasBegun = true;
      return { kind: 'had', result: await work() };
    };
    const [only] = keys;
    const options = { waitMs: this.#waitMs };
    try {
      if (keys.length === 1 && only !== undefined) return await this.#runner.run(only, options, begin);
      return await this.#runner.run(keys, options, begin);
    } catch (error) {
      if (!hasBegun && isHoldfastError(error, 'LOCK_BUSY')) return { kind: 'busy' };
      throw error;
    }
  }

  #leave(key: string): void {
    const left = (this.#inside.get(key) ?? 1) - 1;
    if (left === 0) this.#inside.delete(key);
    else this.#inside.set(key, left);
  }
}
