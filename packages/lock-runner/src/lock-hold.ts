/** The `Held` proof over a backend's grant: one fence, one signal, one release. */
import { type Clock, type Held, HoldfastError, type LockGuarantee, type LockMode } from '@holdfast/base';
import type { Grant, LockBackend } from './lock-backend.ts';
import type { LockEvents } from './lock-events.ts';
import { longestTimerMs } from './wait-limit.ts';

export interface LockHoldOptions {
  readonly scope: string;
  readonly mode: LockMode;
  readonly backend: LockBackend;
  readonly waitedMs: number;
  readonly budgetMs: number;
  readonly holdDeadlineMs: number | undefined;
  readonly grant: Grant;
  readonly clock: Clock;
  readonly events: LockEvents;
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
  /** Nothing is held any more: what is lost from now on is lost to somebody else. */
  #isOver = false;

  constructor(options: LockHoldOptions) {
    this.scope = options.scope;
    this.mode = options.mode;
    this.backend = options.backend.name;
    this.guarantee = options.backend.guarantee;
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
    const { lost } = options.grant;
    if (lost?.aborted === true) this.#abort(lost.reason);
    else lost?.addEventListener('abort', () => this.#abort(lost.reason), { once: true });
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
    await this.giveBack();
  }

  /** As `release`, at once where the backend gives back without waiting. */
  giveBack(): void | Promise<void> {
    if (this.#isReleased) return undefined;
    this.#isReleased = true;
    if (this.#deadline !== undefined) clearTimeout(this.#deadline);
    const given = this.#options.grant.release(); // may find that it had been lost before
    return given === undefined ? this.#end() : given.then(() => this.#end());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  #end(): void {
    this.#isOver = true;
    const { events, clock } = this.#options;
    if (!events.isHeard('released')) return;
    events.tell('released', { scope: this.scope, heldMs: clock.monotonicMs() - this.#grantedMs });
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
    if (this.#isOver) return;
    this.#controller ??= new AbortController();
    if (this.#controller.signal.aborted) return;
    this.#controller.abort(reason);
    const { events, clock } = this.#options;
    events.tell('lost', {
      scope: this.scope,
      backend: this.backend,
      heldMs: clock.monotonicMs() - this.#grantedMs,
      reason,
    });
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
