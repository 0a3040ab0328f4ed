/**
 * A lock on a MySQL server that was granted. It is lost with its connection: at once when the socket ends, by the deadline
 * of a lease when the other side says nothing any more. Each third of the lease the server is asked whose it is.
 */
import { type Clock, HoldfastError, isHoldfastError } from '@holdfast/base';
import { publishFenced, recordFence } from '../directory/fence-file.ts';
import { Lease, type LeaseInstant } from '../lease.ts';
import type { Grant, LockRequest } from '../lock-backend.ts';
import { lockPulse, releaseLock } from './mysql-lock.ts';
import { answered, type MysqlSession } from './mysql-session.ts';

export interface MysqlGrantOptions {
  readonly session: MysqlSession;
  /** Of the lock, on the server. */
  readonly name: string;
  readonly request: LockRequest;
  readonly fence: number;
  /** Before the statement that proved the lock ours. */
  readonly askedAt: LeaseInstant;
  readonly leaseMs: number;
  readonly clock: Clock;
  /** Of the lock file, beside which this host keeps its generations. */
  readonly path: string;
  readonly isContendedHere: () => boolean;
  /** The session is closed, or has nothing on it any more. */
  readonly onReleased: () => void;
}

/** How long the answer to a release is waited for, in milliseconds; then the connection is closed, which releases too. */
const releaseMs = 2_000;
/** A publish of this host takes less, unless its process was stopped: then the tries to record a generation are paced. */
const publishMs = 5;
const recordPaceMs = 20;

export class MysqlGrant implements Grant {
  readonly #options: MysqlGrantOptions;
  readonly #lease: Lease;
  readonly #loss = new AbortController();
  #isContended = false;

  constructor(options: MysqlGrantOptions) {
    const { session, request, leaseMs, clock, askedAt } = options;
    this.#options = options;
    this.#lease = new Lease({
      scope: request.scope,
      leaseMs,
      clock,
      grantedAt: askedAt,
      renew: () => this.#askWhose(),
    });
    this.#lease.lost.addEventListener('abort', () => this.#loss.abort(this.#lease.lost.reason), {
      once: true,
    });
    session.lost.addEventListener('abort', this.#onConnectionLost, { once: true });
    if (session.lost.aborted) this.#onConnectionLost();
  }

  get lost(): AbortSignal {
    return this.#loss.signal;
  }

  /**
   * From now on nothing older is published on this host. A process that was stopped inside its publish is waited for, with
   * the lock kept alive: what it has begun has to land before anything of ours.
   *
   * @throws the signal's reason, HoldfastError LOCK_LOST, or what writing it fails with
   */
  async record(signal: AbortSignal): Promise<void> {
    const { path, request, fence, clock } = this.#options;
    for (;;) {
      this.#requireCurrent();
      try {
        recordFence(path, request.scope, fence, publishMs);
        return;
      } catch (error) {
        if (!isHoldfastError(error, 'LOCK_BUSY')) throw error;
      }
      await clock.sleep(recordPaceMs, signal);
    }
  }

  async allotFence(): Promise<number> {
    this.#requireCurrent();
    return this.#options.fence;
  }

  /** Waiters of other processes are known from the last time the server was asked. */
  contended(): boolean {
    return this.#options.isContendedHere() || this.#isContended;
  }

  /** Always fenced: each grant has its generation from the start. */
  publish<Result>(_fence: number | undefined, step: () => Result): Result {
    const { path, request, fence } = this.#options;
    const confirm = () => this.#requireCurrent();
    return publishFenced({ path, scope: request.scope, fence, confirm }, step);
  }

  /** A connection on which the lock was not ours, or that does not say so in time, is never used again. */
  async release(): Promise<void> {
    const { session, onReleased } = this.#options;
    session.lost.removeEventListener('abort', this.#onConnectionLost);
    if (this.lost.aborted) session.destroy();
    const wasOurs = await answered(this.#giveBack(), releaseMs, undefined).catch(() => undefined);
    if (wasOurs !== true) session.destroy();
    if (wasOurs === false) this.#lose('was not ours any more at its release');
    onReleased();
  }

  async #giveBack(): Promise<boolean> {
    await this.#lease.end(); // the answer to a question that is under way comes first
    return releaseLock(this.#options.session, this.#options.name, releaseMs);
  }

  async #askWhose(): Promise<boolean> {
    const { session, name, request, leaseMs } = this.#options;
    const { isOurs, isContended } = await lockPulse(session, name, request, leaseMs);
    this.#isContended = isContended;
    return isOurs;
  }

  #requireCurrent(): void {
    this.lost.throwIfAborted();
    this.#lease.requireCurrent();
  }

  readonly #onConnectionLost = (): void => {
    void this.#lease.end();
    this.#lose('is gone with its connection', this.#options.session.lost.reason);
  };

  #lose(how: string, cause?: unknown): void {
    const { scope } = this.#options.request;
    this.#loss.abort(
      new HoldfastError('LOCK_LOST', `the lock of ${scope} ${how}`, { cause, details: { scope } }),
    );
  }
}
