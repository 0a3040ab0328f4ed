/**
 * The connections of one Truth: as many as are used at once, up to a limit, and then callers wait in the order they came.
 * Idle ones are kept for a minute. A connection that was lost is dropped, and another is made when somebody needs it.
 *
 * A server that could never be reached is reported at once; one that was reached before may be restarting, and the caller
 * is told so (`details.isConnectionLost`), to try again.
 */
import { type Clock, HoldfastError } from '@holdfast/base';
import { isConnectionLost } from './mysql-error.ts';
import { MysqlSession, type MysqlSessionOptions } from './mysql-session.ts';

export interface MysqlPoolOptions extends MysqlSessionOptions {
  /** How long to wait for a free connection, in milliseconds. */
  readonly waitMs: number;
  readonly clock: Clock;
}

const idleMs = 60_000;

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class MysqlPool {
  readonly #options: MysqlPoolOptions;
  readonly #idle: { readonly session: MysqlSession; readonly sinceMs: number }[] = [];
  readonly #waiters: Waiter[] = [];
  #inUse = 0;
  #wasReached = false;
  #closing: Promise<void> | undefined;
  #drained = Promise.withResolvers<void>();

  constructor(options: MysqlPoolOptions) {
    this.#options = options;
  }

  /**
   * A connection that nobody else uses until it is given back.
   *
   * @throws HoldfastError DATABASE_BUSY - all are in use, for all of the budget
   * @throws HoldfastError as `MysqlSession.open`
   */
  async take(): Promise<MysqlSession> {
    await this.#enter();
    try {
      return this.#idleSession() ?? (await this.connect());
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  giveBack(session: MysqlSession): void {
    if (!session.isLost) this.#idle.push({ session, sinceMs: this.#nowMs() });
    this.#leave();
    void this.#endLongIdle();
  }

  /** Another connection in the place of one that was lost. */
  async replace(session: MysqlSession): Promise<MysqlSession> {
    session.destroy();
    return this.connect();
  }

  /** A connection that is not counted: the caller ends it. */
  async connect(): Promise<MysqlSession> {
    try {
      const session = await MysqlSession.open(this.#options);
      this.#wasReached = true;
      return session;
    } catch (error) {
      throw this.#wasReached || !isConnectionLost(error) ? error : neverReached(error);
    }
  }

  /** Ends all connections when those in use have been given back. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#inUse > 0) await this.#drained.promise;
    await Promise.all(this.#idle.splice(0).map(({ session }) => session.end()));
  }

  async #enter(): Promise<void> {
    if (this.#closing !== undefined) throw new HoldfastError('INTERNAL', 'truth is closed');
    const { endpoint, waitMs } = this.#options;
    if (this.#inUse < endpoint.poolSize) {
      this.#inUse += 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { resolve, reject };
    this.#waiters.push(waiter);
    const timer = setTimeout(() => this.#giveUp(waiter), waitMs);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  #giveUp(waiter: Waiter): void {
    this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
    const { poolSize } = this.#options.endpoint;
    waiter.reject(
      new HoldfastError('DATABASE_BUSY', `all ${poolSize} connections to the database are in use`, {
        details: { poolSize, isExhausted: true },
      }),
    );
  }

  /** The place goes to the first waiter, or becomes free. */
  #leave(): void {
    const next = this.#waiters.shift();
    if (next !== undefined) {
      next.resolve();
      return;
    }
    this.#inUse -= 1;
    if (this.#inUse === 0 && this.#closing !== undefined) this.#drained.resolve();
  }

  /** The one used last: so those that are not needed grow old. */
  #idleSession(): MysqlSession | undefined {
    for (;;) {
      const session = this.#idle.pop()?.session;
      if (session === undefined || !session.isLost) return session;
    }
  }

  async #endLongIdle(): Promise<void> {
    while ((this.#idle[0]?.sinceMs ?? Number.POSITIVE_INFINITY) + idleMs < this.#nowMs()) {
      await this.#idle.shift()?.session.end();
    }
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }
}

/** The same, without the word that it is worth another try. */
function neverReached(error: unknown): HoldfastError {
  const { cause, details } = error as HoldfastError;
  return new HoldfastError('DATABASE_UNREACHABLE', 'the database server cannot be reached', {
    cause,
    details: { reason: details.reason },
  });
}
