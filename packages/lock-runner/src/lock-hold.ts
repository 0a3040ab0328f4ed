/** The `Held` proof over a backend's grant: one fence, one signal, one release. */
import { type Clock, type Held, HoldfastError, type LockGuarantee, type LockMode } from '@holdfast/base';
import type { Grant } from './lock-backend.ts';
import { longestTimerMs } from './wait-limit.ts';

export interface LockHoldOptions {
  readonly scope: string;
  readonly mode: LockMode;
  readonly backend: string;
  readonly guarantee: LockGuarantee;
  readonly waitedMs: number;
  readonly budgetMs: number;
  readonly holdDeadlineMs: number | undefined;
  readonly grant: Grant;
  readonly clock: Clock;
  readonly onRelease: (heldMs: number) => void;
}

export class LockHold implements Held {
  readonly scope: string;
  readonly mode: LockMode;
  readonly backend: string;
  readonly guarantee: LockGuarantee;
  readonly waitedMs: number;
  readonly budgetMs: number;
  readonly #options: LockHoldOptions;
  readonly #grantedMs: number;
  readonly #deadline: NodeJS.Timeout | undefined;
  #controller: AbortController | undefined;
  #fence: number | undefined;
  #allotting: Promise<number> | undefined;
  #isReleased = false;

  constructor(options: LockHoldOptions) {
    this.scope = options.scope;
    this.mode = options.mode;
    this.backend = options.backend;
    this.guarantee = options.guarantee;
    this.waitedMs = options.waitedMs;
    this.budgetMs = options.budgetMs;
    this.#options = options;
    this.#grantedMs = options.clock.monotonicMs();
    const { holdDeadlineMs } = options;
    if (holdDeadlineMs !== undefined && holdDeadlineMs !== Number.POSITIVE_INFINITY) {
      this.#deadline = setTimeout(
        () => this.#abort(this.#deadlinePassed(holdDeadlineMs)),
        Math.min(holdDeadlineMs, longestTimerMs),
      );
    }
    options.grant.lost?.addEventListener('abort', () => this.#abort(options.grant.lost?.reason), {
      once: true,
    });
  }

  /** Made at the first look: most holds end before anybody asks. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  get descriptor(): number | undefined {
    return this.#isReleased ? undefined : this.#options.grant.descriptor;
  }

  get isReleased(): boolean {
    return this.#isReleased;
  }

  async fence(): Promise<number> {
    this.#requireWriter();
    this.#allotting ??= this.#options.grant.allotFence();
    this.#fence = await this.#allotting;
    return this.#fence;
  }

  contended(): boolean {
    return !this.#isReleased && this.#options.grant.contended();
  }

  publish<Result>(step: () => Result): Result {
    this.#requireWriter();
    return this.#options.grant.publish(this.#fence, step);
  }

  async release(): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    clearTimeout(this.#deadline);
    await this.#options.grant.release();
    this.#options.onRelease(this.#options.clock.monotonicMs() - this.#grantedMs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  #requireWriter(): void {
    if (this.mode === 'shared') {
      throw new HoldfastError('LOCK_WRONG_SCOPE', `${this.scope} is held shared, which is for reading`, {
        details: { scope: this.scope },
      });
    }
    if (this.#isReleased)
      throw new HoldfastError('LOCK_RELEASED', `the hold of ${this.scope} has been given back`);
    if (this.#controller?.signal.aborted === true) throw this.#controller.signal.reason;
  }

  #abort(reason: unknown): void {
    if (this.#isReleased) return; // nothing that is held can be lost any more
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }

  #deadlinePassed(deadlineMs: number): HoldfastError {
    return new HoldfastError(
      'LOCK_LOST',
      `${this.scope} was held longer than its deadline of ${deadlineMs} ms`,
      {
        details: { scope: this.scope, deadlineMs },
      },
    );
  }
}
