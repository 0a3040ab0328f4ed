/**
 * A lock that is ours only as long as we say so in time: renewed at a third of its length, and lost when the local
 * deadline passes without a confirmation, answer or none. The owner of the truth (a server, a file others watch) may
 * still count it as ours then; believing less than the truth is the safe side.
 *
 * The deadline counts from before the request that was granted, on the monotonic clock and on the time since boot, which
 * goes on while the machine sleeps. Nothing is ever thrown out of a timer: loss aborts `lost`.
 *
 * A process that was stopped past its deadline, or with its machine asleep, asks once when it wakes whether the lock is still
 * its own, and goes on when it is; an answer to a question from before does not count. Until the answer, `requireCurrent`
 * refuses, and what was refused stays lost.
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
  /** Milliseconds since the machine started, its sleep included. Default: what the system says. */
  readonly sinceBootMs?: () => number;
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

export function leaseInstant(clock: Clock, sinceBootMs: () => number = systemSinceBootMs): LeaseInstant {
  return { monotonicMs: clock.monotonicMs(), sinceBootMs: sinceBootMs() };
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
    this.#plan(options.leaseMs / 3, options.grantedAt);
  }

  /** Aborts when the lease is lost; its reason is a HoldfastError LOCK_LOST. */
  get lost(): AbortSignal {
    return this.#controller.signal;
  }

  /** @throws HoldfastError LOCK_LOST - the deadline has passed, whether a timer has noticed yet or not */
  requireCurrent(): void {
    if (this.#isOverdueAt(this.#now())) this.lose('was not renewed in time');
    this.lost.throwIfAborted();
  }

  /**
   * As `requireCurrent`, where the owner of the truth answers at once: a lease that is overdue asks instead of giving up,
   * so a process that was only busy has lost nothing.
   *
   * @param renew - asks for another lease; false when the lock is somebody else's
   * @throws HoldfastError LOCK_LOST - it is, or the lease had been lost before
   */
  requireOrRenew(renew: () => boolean): void {
    this.lost.throwIfAborted();
    const askedAt = this.#now();
    if (!this.#isOverdueAt(askedAt)) return;
    if (renew()) {
      this.#confirmedAt = askedAt;
      this.#plan(this.#options.leaseMs / 3, askedAt);
    } else {
      this.lose('was taken over');
    }
    this.lost.throwIfAborted();
  }

  /**
   * Whoever has found out by other means that the lock is not ours says so here. After the end it means nothing.
   *
   * @param how - goes on after `the lease of SCOPE`
   */
  lose(how: string): void {
    if (this.#isEnded || this.lost.aborted) return;
    clearTimeout(this.#timer);
    const { scope, leaseMs } = this.#options;
    this.#controller.abort(
      new HoldfastError('LOCK_LOST', `the lease of ${scope} ${how}`, { details: { scope, leaseMs } }),
    );
  }

  /**
   * Stops renewing; resolves when no request of ours is under way any more, so that a release is the last word, or after
   * a whole lease: what comes even later comes to a lock that is not ours.
   */
  async end(): Promise<void> {
    this.#isEnded = true;
    clearTimeout(this.#timer);
    if (this.#renewing === undefined) return;
    const tooLong = Promise.withResolvers<void>();
    const timer = setTimeout(tooLong.resolve, this.#options.leaseMs);
    await Promise.race([this.#renewing, tooLong.promise]);
    clearTimeout(timer);
  }

  /** Looks again `delayMs` after `from`, and at the deadline if that comes first. */
  #plan(delayMs: number, from: LeaseInstant): void {
    if (this.#isEnded || this.lost.aborted) return;
    const { leaseMs, clock } = this.#options;
    const leftMs = leaseMs - elapsedMs(this.#confirmedAt, from);
    const dueMs = leftMs > 0 ? Math.min(delayMs, leftMs) : delayMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        const now = this.#now();
        this.#look(now, elapsedMs(from, now) - dueMs > stallMs);
      },
      Math.max(0, dueMs - (clock.monotonicMs() - from.monotonicMs)), // a timer sleeps with the machine anyway
    );
    this.#timer.unref();
  }

  /** @param hasSlept - nobody could renew before: that the deadline has passed says nothing yet */
  #look(now: LeaseInstant, hasSlept: boolean): void {
    const isOverdue = this.#isOverdueAt(now);
    if (isOverdue && !hasSlept) {
      this.lose('was not renewed in time');
      return;
    }
    this.#renewing ??= this.#renew(now).finally(() => {
      this.#renewing = undefined;
    });
    // While no answer comes the deadline is watched; whoever slept past it waits a third of a lease for the answer.
    this.#plan(isOverdue ? this.#options.leaseMs / 3 : this.#options.leaseMs, now);
  }

  async #renew(from: LeaseInstant): Promise<void> {
    let askedAt = from;
    for (let isAnswered = false; !isAnswered; ) {
      const answer = await this.#ask();
      if (this.#isEnded || this.lost.aborted) return;
      if (answer === false) return this.lose('was taken over');
      const now = this.#now();
      const wasOverdue = this.#isOverdueAt(askedAt);
      if (answer === true) this.#confirmedAt = askedAt;
      // Asked before we were stopped and answered after it, one way or none: asked again.
      isAnswered = wasOverdue || !this.#isOverdueAt(now);
      if (isAnswered) this.#goOn(answer === true, now);
      askedAt = now;
    }
  }

  /** @returns undefined when that could not be found out */
  async #ask(): Promise<boolean | undefined> {
    try {
      return await this.#options.renew();
    } catch {
      return undefined; // no answer is no loss before the deadline
    }
  }

  #goOn(isConfirmed: boolean, now: LeaseInstant): void {
    const { leaseMs } = this.#options;
    if (isConfirmed) this.#plan(leaseMs / 3, this.#confirmedAt);
    else if (this.#isOverdueAt(now)) this.lose('was not renewed in time');
    else this.#plan(leaseMs / retriesPerLease, now);
  }

  #isOverdueAt(instant: LeaseInstant): boolean {
    return elapsedMs(this.#confirmedAt, instant) >= this.#options.leaseMs;
  }

  #now(): LeaseInstant {
    return leaseInstant(this.#options.clock, this.#options.sinceBootMs);
  }
}

/** On the clock that has gone further. */
function elapsedMs(from: LeaseInstant, to: LeaseInstant): number {
  const isWhole = [from, to].every(({ sinceBootMs }) => Number.isInteger(sinceBootMs / 1_000));
  const slackMs = isWhole ? 1_000 : 20; // some systems tell whole seconds since boot, others hundredths
  return Math.max(to.monotonicMs - from.monotonicMs, to.sinceBootMs - from.sinceBootMs - slackMs);
}

/**
 * Opens and reads a file each time, for microseconds: so it is looked at when a question is sent or answered, and when
 * somebody is about to rely on the hold, once each. Wall time against monotonic time would tell too, unless somebody sets it.
 */
function systemSinceBootMs(): number {
  return uptime() * 1_000;
}
