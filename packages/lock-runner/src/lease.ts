/**
 * A lock that is ours only as long as we say so in time: renewed at a third of its length, and lost when the local
 * deadline passes without a confirmation, answer or none. The owner of the truth (a server, a file others watch) may
 * still count it as ours then; believing less than the truth is the safe side.
 *
 * The deadline counts from before the request that was granted, on the monotonic clock and on the time since boot, which
 * goes on while the machine sleeps. Nothing is ever thrown out of a timer: loss aborts `lost`.
 *
 * A process that was stopped past its deadline and wakes asks once whether the lock is still its own, and goes on when it
 * is; until the answer, `requireCurrent` refuses, and what was refused stays lost.
 */
import { uptime } from 'node:os';
import { type Clock, HoldfastError } from '@holdfast/base';

export interface LeaseOptions {
  readonly scope: string;
  /** Length in milliseconds, as whoever judges it counts. */
  readonly leaseMs: number;
  readonly clock: Clock;
  /** Taken before the request that was granted was sent. */
  readonly grantedAt: LeaseInstant;
  /**
   * Asks for another lease.
   *
   * @returns false when the lock is somebody else's or nobody's
   * @throws anything when that could not be found out; it is tried again until the deadline
   */
  readonly renew: () => Promise<boolean>;
}

/** A moment on both clocks, in milliseconds. */
export interface LeaseInstant {
  readonly monotonicMs: number;
  readonly sinceBootMs: number;
}

/** A tenth of the lease lies between two tries to renew after one that failed. */
const retriesPerLease = 10;
/** A timer that fires so much late tells of a process that was stopped. */
const stallMs = 50;

export function leaseInstant(clock: Clock): LeaseInstant {
  return { monotonicMs: clock.monotonicMs(), sinceBootMs: uptime() * 1_000 };
}

export class Lease {
  readonly #options: LeaseOptions;
  readonly #controller = new AbortController();
  #confirmedAt: LeaseInstant;
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> | undefined;
  #isEnded = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#confirmedAt = options.grantedAt;
    this.#plan(options.leaseMs / 3);
  }

  /** Aborts when the lease is lost; its reason is a HoldfastError LOCK_LOST. */
  get lost(): AbortSignal {
    return this.#controller.signal;
  }

  /** @throws HoldfastError LOCK_LOST - the deadline has passed, whether a timer has noticed yet or not */
  requireCurrent(): void {
    if (this.#isOverdue()) this.#lose('was not renewed in time');
    this.lost.throwIfAborted();
  }

  /** Stops renewing; resolves when no request of ours is under way any more, so that a release is the last word. */
  async end(): Promise<void> {
    this.#isEnded = true;
    clearTimeout(this.#timer);
    await this.#renewing;
  }

  /** Looks again after `delayMs`, and at the deadline if that comes first. */
  #plan(delayMs: number): void {
    if (this.#isEnded || this.lost.aborted) return;
    const inMs = this.#isOverdue() ? delayMs : Math.min(delayMs, this.#options.leaseMs - this.#ageMs());
    const dueMs = this.#options.clock.monotonicMs() + inMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(dueMs), inMs);
    this.#timer.unref();
  }

  #look(dueMs: number): void {
    const isLate = this.#options.clock.monotonicMs() - dueMs > stallMs;
    if (this.#isOverdue() && !isLate) {
      this.#lose('was not renewed in time');
      return;
    }
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    // While no answer comes the deadline is watched; whoever slept past it waits a third of a lease for the answer.
    this.#plan(this.#isOverdue() ? this.#options.leaseMs / 3 : this.#options.leaseMs);
  }

  async #renew(): Promise<void> {
    const askedAt = leaseInstant(this.#options.clock);
    try {
      const isOurs = await this.#options.renew();
      if (this.#isEnded) return;
      if (!isOurs) return this.#lose('was taken over');
      this.#confirmedAt = askedAt;
      this.#plan(this.#options.leaseMs / 3);
    } catch {
      if (this.#isOverdue()) return this.#lose('was not renewed in time');
      this.#plan(this.#options.leaseMs / retriesPerLease); // no answer is no loss before the deadline
    }
  }

  #isOverdue(): boolean {
    return this.#ageMs() >= this.#options.leaseMs;
  }

  #ageMs(): number {
    const now = leaseInstant(this.#options.clock);
    // Some systems tell whole seconds since boot.
    const slackMs = Number.isInteger(now.sinceBootMs / 1_000) ? 1_000 : 20;
    return Math.max(
      now.monotonicMs - this.#confirmedAt.monotonicMs,
      now.sinceBootMs - this.#confirmedAt.sinceBootMs - slackMs,
    );
  }

  #lose(how: string): void {
    if (this.#isEnded || this.lost.aborted) return;
    clearTimeout(this.#timer);
    const { scope, leaseMs } = this.#options;
    this.#controller.abort(
      new HoldfastError('LOCK_LOST', `the lease of ${scope} ${how}`, { details: { scope, leaseMs } }),
    );
  }
}
