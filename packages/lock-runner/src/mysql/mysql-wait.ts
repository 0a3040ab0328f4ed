/**
 * The way to the lock of one scope: try, then wait in the server's line, then leave nothing behind, whatever ends it.
 *
 * A wait that is given up is ended by KILL QUERY from a second connection, and a grant that raced it is given back before
 * the caller is told. Where no second connection can be had the waiting one is closed: the server looks after each
 * second whether a waiter is still there, and frees at once what it grants to one that is not.
 *
 * A peer that is silently gone would be waited for without end, because a waiting connection has nothing to say: so
 * another one is asked from time to time whether the server still sees ours wait.
 */
import { errnoOf, isHoldfastError } from '@holdfast/base';
import type { LockRequest } from '../lock-backend.ts';
import { waitLimit, waitLimitPassed } from '../wait-limit.ts';
import { isWaiting, releaseLock, tryLock, waitForLock } from './mysql-lock.ts';
import { mysqlLockName } from './mysql-lock-name.ts';
import { serverError } from './mysql-server-error.ts';
import { answered, type MysqlSession } from './mysql-session.ts';
import type { MysqlSessions } from './mysql-sessions.ts';

export interface MysqlWaitOptions {
  readonly sessions: MysqlSessions;
  /** Names the server in errors. */
  readonly where: string;
  readonly request: LockRequest;
  /** How long a statement that waits for nobody may take, in milliseconds. */
  readonly patienceMs: number;
  /** How often the server is asked whether it sees us wait, in milliseconds. */
  readonly lookMs: number;
}

/** A session that has the lock under this name. */
export interface LockedSession {
  readonly session: MysqlSession;
  readonly name: string;
}

/** MariaDB ends a wait by itself, which is cheaper than ending it for it: so much longer it is given, in milliseconds. */
const lateAnswerMs = 250;
/** How long each step of a withdrawal may take, in milliseconds. */
const withdrawMs = 1_000;
/** After so many looks in a row that did not find us waiting, the connection is given up. */
const mostUnseen = 2;

export class MysqlWait {
  readonly #options: MysqlWaitOptions;

  constructor(options: MysqlWaitOptions) {
    this.#options = options;
  }

  /**
   * @returns undefined when the limit passed first
   * @throws the signal's reason, or HoldfastError
   */
  async granted(): Promise<LockedSession | undefined> {
    const { sessions, request, patienceMs, where } = this.#options;
    for (;;) {
      const session = await sessions.take(patienceMs, request.signal);
      const name = mysqlLockName(session.database, request.scope);
      try {
        if (await tryLock(session, name, patienceMs)) return { session, name };
      } catch (error) {
        const hasEnded = session.lost.aborted && errnoOf(error) !== 'ETIMEDOUT';
        session.destroy();
        if (session.isReused && hasEnded) continue; // it had ended while it was idle
        throw serverError(where, error);
      }
      if (await this.#wait(session, name)) return { session, name };
      return undefined;
    }
  }

  /** Gives the session back unless it has the lock. */
  async #wait(session: MysqlSession, name: string): Promise<boolean> {
    const { sessions, request } = this.#options;
    let isOurs = false;
    try {
      if (request.waitMs > 0) {
        request.onBlocked();
        isOurs = await this.#waitInLine(session, name);
      }
      return isOurs;
    } finally {
      if (!isOurs) sessions.giveBack(session);
    }
  }

  async #waitInLine(session: MysqlSession, name: string): Promise<boolean> {
    const { request, where } = this.#options;
    using limit = waitLimit(request.waitMs + (session.isMariaDb ? lateAnswerMs : 0), request.signal);
    using _watch = this.#watch(session);
    const asked = waitForLock(session, name, request);
    try {
      return await answered(asked, Number.POSITIVE_INFINITY, limit.signal);
    } catch (error) {
      if (!limit.signal.aborted || error !== limit.signal.reason) {
        session.destroy();
        throw serverError(where, error);
      }
      await this.#withdraw(session, name, asked);
      if (error === waitLimitPassed) return false;
      throw error;
    }
  }

  /** Afterwards the session has nothing on it, or is closed. */
  async #withdraw(session: MysqlSession, name: string, asked: Promise<boolean>): Promise<void> {
    const { sessions } = this.#options;
    try {
      await sessions.using(withdrawMs, (other) => other.change(`KILL QUERY ${session.id}`, withdrawMs));
      await answered(asked, withdrawMs, undefined).catch(() => undefined); // ended, as it should
      await releaseLock(session, name, withdrawMs);
    } catch {
      session.destroy();
    }
  }

  #watch(session: MysqlSession): Disposable {
    let unseen = 0;
    let isLooking = false;
    const look = async () => {
      if (isLooking) return;
      isLooking = true;
      unseen = (await this.#isSeen(session)) ? 0 : unseen + 1;
      isLooking = false;
      if (unseen === mostUnseen) session.destroy();
    };
    const timer = setInterval(() => void look(), this.#options.lookMs).unref();
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }

  /** A server that has no connection left for the question is still there. */
  async #isSeen(session: MysqlSession): Promise<boolean> {
    const { sessions, patienceMs } = this.#options;
    try {
      return await sessions.using(patienceMs, (other) => isWaiting(other, session.id, patienceMs));
    } catch (error) {
      return isHoldfastError(error) && String(error.details.reason).startsWith('ER_');
    }
  }
}
