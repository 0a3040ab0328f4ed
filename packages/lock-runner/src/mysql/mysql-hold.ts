/**
 * A lock on the MySQL server. It is lost with its connection: at once when the socket ends, by the deadline of a lease when
 * the other side says nothing any more. Each third of the lease the server is asked whose it is.
 */
import { type Clock, HoldfastError } from '@holdfast/base';
import { Lease, type LeaseInstant } from '../lease.ts';
import type { LockRequest } from '../lock-backend.ts';
import type { ServerHold } from '../recorded-grant.ts';
import { lockPulse, releaseLock } from './mysql-lock.ts';
import { answered, type MysqlSession } from './mysql-session.ts';

export interface MysqlHoldOptions {
  readonly session: MysqlSession;
  /** Of the lock, on the server. */
  readonly name: string;
  readonly request: LockRequest;
  /** Before the statement that proved the lock ours. */
  readonly askedAt: LeaseInstant;
  readonly leaseMs: number;
  readonly clock: Clock;
  /** The session is closed, or has nothing on it any more. */
  readonly onReleased: () => void;
}

/** How long the answer to a release is waited for, in milliseconds; then the connection is closed, which releases too. */
const releaseMs = 2_000;

export class MysqlHold implements ServerHold {
  readonly #options: MysqlHoldOptions;
  readonly #lease: Lease;
  readonly #loss = new AbortController();
  #isContended = false;

  constructor(options: MysqlHoldOptions) {
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

  requireCurrent(): void {
    this.lost.throwIfAborted();
    this.#lease.requireCurrent();
  }

  /** As of the last time the server was asked. */
  contended(): boolean {
    return this.#isContended;
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
