/**
 * The sessions of one backend. Each hold and each wait has one to itself; what is given back in a known state waits a
 * moment for the next. They are the backend's own and never those of an application's pool: holders would starve behind
 * waiters that occupy the pool, and a pool hands a connection with a forgotten lock to whoever comes next.
 */
import { type Clock, HoldfastError } from '@holdfast/base';
import type { MysqlEndpoint } from './mysql-endpoint.ts';
import { serverError } from './mysql-server-error.ts';
import { answered, MysqlSession } from './mysql-session.ts';

export interface MysqlSessionsOptions {
  readonly endpoint: MysqlEndpoint;
  readonly leaseMs: number;
  readonly acceptCluster: boolean;
  readonly clock: Clock;
}

/** Most that are kept for the next; more are ended when they are given back. */
const mostIdle = 2;
/** How long one is kept, in milliseconds: less than the server keeps it. */
const idleMs = 5_000;
/** How much later than our own deadline the server gives up a connection that says nothing, in seconds. */
const serverGraceSeconds = 5;

export class MysqlSessions {
  readonly #options: MysqlSessionsOptions;
  readonly #open = new Set<MysqlSession>();
  #idle: { readonly session: MysqlSession; readonly sinceMs: number }[] = [];
  #sweeper: NodeJS.Timeout | undefined;
  #isChecked = false;

  constructor(options: MysqlSessionsOptions) {
    this.#options = options;
  }

  /**
   * A session with nothing on it.
   *
   * @throws HoldfastError LOCK_SERVER - none can be had
   * @throws the signal's reason
   */
  async take(patienceMs: number, signal?: AbortSignal): Promise<MysqlSession> {
    for (let kept = this.#idle.pop(); kept !== undefined; kept = this.#idle.pop()) {
      const { session, sinceMs } = kept;
      session.isReused = true;
      if (!session.lost.aborted && this.#options.clock.monotonicMs() - sinceMs < idleMs) return session;
      void session.end();
    }
    return this.#openOne(patienceMs, signal);
  }

  /** Only when nothing is locked and no statement runs on it. */
  giveBack(session: MysqlSession): void {
    if (session.lost.aborted) return;
    if (this.#idle.length >= mostIdle) {
      void session.end();
      return;
    }
    this.#idle.push({ session, sinceMs: this.#options.clock.monotonicMs() });
    this.#sweeper ??= setInterval(() => this.#sweep(), idleMs).unref();
  }

  /**
   * Asks something on a session that is free.
   *
   * @throws HoldfastError LOCK_SERVER
   */
  async using<Answer>(patienceMs: number, ask: (session: MysqlSession) => Promise<Answer>): Promise<Answer> {
    const session = await this.take(patienceMs);
    try {
      const answer = await ask(session);
      this.giveBack(session);
      return answer;
    } catch (error) {
      session.destroy();
      throw serverError(this.#options.endpoint.where, error);
    }
  }

  /** Ends all of them: what is locked on one is lost. */
  async close(): Promise<void> {
    this.#idle = [];
    this.#sweep();
    await Promise.all([...this.#open].map((session) => session.end()));
  }

  async #openOne(patienceMs: number, signal: AbortSignal | undefined): Promise<MysqlSession> {
    const { endpoint } = this.#options;
    const connecting = endpoint.connect(patienceMs).then((connection) => new MysqlSession(connection));
    try {
      const session = await answered(connecting, patienceMs, signal);
      this.#open.add(session);
      session.lost.addEventListener('abort', () => this.#open.delete(session), { once: true });
      await this.#prepare(session, patienceMs);
      return session;
    } catch (error) {
      // Whoever has given up waiting still owns what arrives later.
      void connecting.then((session) => session.destroy()).catch(() => undefined);
      if (signal?.aborted === true && error === signal.reason) throw error;
      throw serverError(endpoint.where, error);
    }
  }

  /**
   * Whatever the server's defaults are: statements commit by themselves, no limit ends a wait, and a connection that has
   * been silent for longer than our own deadline is closed, so that a dead machine's locks become free.
   */
  async #prepare(session: MysqlSession, patienceMs: number): Promise<void> {
    const { leaseMs, endpoint } = this.#options;
    const [row = []] = await session.rows('SELECT CONNECTION_ID(), VERSION(), DATABASE()', patienceMs);
    const [id, version, database] = row;
    if (typeof database !== 'string') {
      throw new HoldfastError(
        'CONFIG_INVALID',
        `the address of the lock server ${endpoint.where} names no database`,
      );
    }
    session.id = Number(id);
    session.database = database;
    session.isMariaDb = /mariadb/i.test(String(version));
    const idleSeconds = Math.ceil(leaseMs / 1_000) + serverGraceSeconds;
    const own = session.isMariaDb
      ? 'max_statement_time = 0, tx_read_only = 0'
      : 'max_execution_time = 0, transaction_read_only = 0';
    const all = `autocommit = 1, sql_mode = '', wait_timeout = ${idleSeconds}, ${own}`;
    await session.change(`SET SESSION ${all}`, patienceMs);
    if (!this.#isChecked) await this.#requireOneServer(session, patienceMs);
    this.#isChecked = true;
  }

  async #requireOneServer(session: MysqlSession, patienceMs: number): Promise<void> {
    if (this.#options.acceptCluster) return;
    const rows = await session.rows("SHOW VARIABLES LIKE 'wsrep_on'", patienceMs);
    if (!rows.some(([, value]) => value === 'ON')) return;
    throw new HoldfastError(
      'LOCK_UNSUPPORTED',
      `the lock server at ${this.#options.endpoint.where} is one of a Galera cluster, which does not share locks`,
      { details: { server: this.#options.endpoint.where } },
    );
  }

  #sweep(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const tooOld = this.#idle.filter(({ sinceMs }) => nowMs - sinceMs >= idleMs);
    this.#idle = this.#idle.filter((kept) => !tooOld.includes(kept) && !kept.session.lost.aborted);
    for (const { session } of tooOld) void session.end();
    if (this.#idle.length > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}
