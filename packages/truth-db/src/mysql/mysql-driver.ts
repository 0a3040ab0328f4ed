/**
 * Kysely's driver for MariaDB and MySQL. A writing transaction is READ COMMITTED: its conflicts are met at its statements.
 * A 'read only' one is one consistent snapshot, fixed at its beginning.
 *
 * A statement outside a transaction is tried again while the database is busy; one that only reads also when its
 * connection was lost. One that writes is not: nobody knows whether it was done.
 */

import { HoldfastError } from '@holdfast/base';
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult, TransactionSettings } from 'kysely';
import { type BusyBudget, retryWhileBusy } from '../busy-retry.ts';
import type { TransactionScope } from '../transaction-scope.ts';
import { commitMarked } from './mysql-commit.ts';
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
  #transaction: 'none' | 'read' | 'written' = 'none';

  constructor(session: MysqlSession, pool: MysqlPool, budget: BusyBudget) {
    this.#session = session;
    this.#pool = pool;
    this.#budget = budget;
  }

  get session(): MysqlSession {
    return this.#session;
  }

  async begin(isReadOnly: boolean): Promise<void> {
    if (isReadOnly) {
      await this.#session.query('set transaction isolation level repeatable read');
      await this.#session.query('start transaction with consistent snapshot, read only');
    } else {
      await this.#session.query('start transaction');
    }
    this.#transaction = 'read';
  }

  async commit(): Promise<void> {
    if (this.#transaction === 'written') await commitMarked(this.#session, this.#pool, this.#budget);
    else await this.#session.query('commit');
    this.#transaction = 'none';
  }

  /** A connection that was lost, or does not answer, has its transaction rolled back by the server. */
  async rollback(): Promise<void> {
    this.#transaction = 'none';
    if (this.#session.isLost) return;
    await this.#session.query('rollback').catch(() => this.#session.destroy());
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.#transaction === 'none') return retryWhileBusy(this.#budget, () => this.#alone<Row>(query));
    if (!isQuery(query)) this.#transaction = 'written';
    return this.#run<Row>(query);
  }

  async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
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

  async #run<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { rows, header } = await this.#session.query<Row>(sql, parameters);
    if (header === undefined) return { rows };
    const { affectedRows, insertId } = header;
    return {
      rows,
      numAffectedRows: BigInt(affectedRows),
      ...(insertId > 0 ? { insertId: BigInt(insertId) } : {}),
    };
  }
}

/** Whether the statement leaves nothing behind, rows that it locks apart. */
function isQuery({ query, sql }: CompiledQuery): boolean {
  if (query.kind === 'SelectQueryNode') return true;
  return query.kind === 'RawNode' && /^\s*(?:select|show|explain)\b/i.test(sql);
}
