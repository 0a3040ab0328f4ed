/**
 * Kysely's driver for MariaDB and MySQL. A writing transaction is READ COMMITTED: its conflicts are met at its statements.
 * A 'read only' one is one consistent snapshot, fixed at its beginning.
 *
 * What begins a writing transaction, and what marks it (`mysql-commit.ts`), goes ahead of its first statement and of the first that
 * writes, in the same packet: a round trip costs both sides more than such a statement.
 *
 * A statement outside a transaction is tried again while the database is busy; one that only reads also when its
 * connection was lost. One that writes is not: nobody knows whether it was done.
 */

import { HoldfastError } from '@holdfast/base';
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult, TransactionSettings } from 'kysely';
import { type BusyBudget, retryWhileBusy } from '../busy-retry.ts';
import type { TransactionScope } from '../transaction-scope.ts';
import { commitMarked, markOf } from './mysql-commit.ts';
import { isConnectionLost } from './mysql-error.ts';
import type { MysqlPool } from './mysql-pool.ts';
import type { MysqlSession } from './mysql-session.ts';

export interface MysqlDriverOptions {
  readonly pool: MysqlPool;
  readonly scope: TransactionScope;
  readonly budget: BusyBudget;
}

export class MysqlDriver implements Driver {
  readonly #options: MysqlDriverOptions;

  constructor(options: MysqlDriverOptions) {
    this.#options = options;
  }

  async init(): Promise<void> {
    // The first connection is made when somebody needs it.
  }

  async acquireConnection(): Promise<MysqlConnection> {
    const { scope, pool, budget } = this.#options;
    scope.refuseInside();
    return new MysqlConnection(await retryWhileBusy(budget, () => pool.take()), pool, budget);
  }

  async releaseConnection(connection: MysqlConnection): Promise<void> {
    this.#options.pool.giveBack(connection.session);
  }

  async beginTransaction(connection: MysqlConnection, settings: TransactionSettings): Promise<void> {
    await connection.begin(settings.accessMode === 'read only');
  }

  async commitTransaction(connection: MysqlConnection): Promise<void> {
    await connection.commit();
  }

  async rollbackTransaction(connection: MysqlConnection): Promise<void> {
    await connection.rollback();
  }

  async destroy(): Promise<void> {
    // The pool is closed by whoever opened it.
  }
}

export class MysqlConnection implements DatabaseConnection {
  readonly #pool: MysqlPool;
  readonly #budget: BusyBudget;
  #session: MysqlSession;
  #transaction: 'none' | 'due' | 'read' | 'written' = 'none';
  #isMarked = false;

  constructor(session: MysqlSession, pool: MysqlPool, budget: BusyBudget) {
    this.#session = session;
    this.#pool = pool;
    this.#budget = budget;
  }

  get session(): MysqlSession {
    return this.#session;
  }

  async begin(isReadOnly: boolean): Promise<void> {
    this.#isMarked = false;
    if (isReadOnly) {
      await this.#session.query(`set transaction isolation level repeatable read; ${snapshot}`);
    }
    this.#transaction = isReadOnly ? 'read' : 'due';
  }

  async commit(): Promise<void> {
    const transaction = this.#transaction;
    if (transaction === 'written') {
      if (!this.#isMarked) await this.#session.query(markOf(this.#session));
      await commitMarked(this.#session, this.#pool, this.#budget);
    } else if (transaction === 'read') await this.#session.query('commit');
    this.#transaction = 'none';
  }

  /** A connection that was lost, or does not answer, has its transaction rolled back by the server. */
  async rollback(): Promise<void> {
    const isBegun = this.#transaction !== 'due';
    this.#transaction = 'none';
    if (!isBegun || this.#session.isLost) return;
    await this.#session.query('rollback').catch(() => this.#session.destroy());
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.#transaction === 'none') return retryWhileBusy(this.#budget, () => this.#alone<Row>(query));
    return this.#inside<Row>(query);
  }

  async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    if (this.#transaction === 'due') await this.#session.query(this.#ahead(false).join('; '));
    for await (const row of this.#session.stream<Row>(query.sql, query.parameters)) yield { rows: [row] };
  }

  async #alone<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.#session.isLost) this.#session = await this.#pool.replace(this.#session);
    try {
      return await this.#run<Row>(query);
    } catch (error) {
      if (!isConnectionLost(error) || isQuery(query)) throw error;
      throw new HoldfastError(
        'DATABASE_OUTCOME_UNKNOWN',
        'the connection to the database was lost at a statement that writes',
        { cause: error },
      );
    }
  }

  async #inside<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const isWriting = !isQuery(query);
    const ahead = this.#ahead(isWriting && !this.#isMarked);
    const result = await this.#run<Row>(query, ahead);
    if (isWriting) this.#isMarked = true;
    return result;
  }

  /**
   * What has to be run before the next statement of the transaction. That it has begun is taken for granted from here on:
   * beginning fails with the connection only, and to begin again would commit what was done before a statement that failed.
   */
  #ahead(isMarking: boolean): readonly string[] {
    const ahead = this.#transaction === 'due' ? ['start transaction'] : [];
    if (this.#transaction === 'due') this.#transaction = 'read';
    if (!isMarking) return ahead;
    if (this.#transaction === 'read') this.#session.marks += 1;
    this.#transaction = 'written';
    return [...ahead, markOf(this.#session)];
  }

  async #run<Row>(
    { sql, parameters }: CompiledQuery,
    ahead: readonly string[] = [],
  ): Promise<QueryResult<Row>> {
    const text = ahead.length === 0 ? sql : [...ahead, sql].join('; ');
    const { rows, header } = await this.#session.query<Row>(text, parameters);
    if (header === undefined) return { rows };
    const { affectedRows, insertId } = header;
    return {
      rows,
      numAffectedRows: BigInt(affectedRows),
      ...(insertId > 0 ? { insertId: BigInt(insertId) } : {}),
    };
  }
}

const snapshot = 'start transaction with consistent snapshot, read only';

/** Whether the statement leaves nothing behind, rows that it locks apart. */
function isQuery({ query, sql }: CompiledQuery): boolean {
  if (query.kind === 'SelectQueryNode') return true;
  return query.kind === 'RawNode' && /^\s*(?:select|show|explain)\b/i.test(sql);
}
