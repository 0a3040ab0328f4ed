/**
 * Kysely's driver for `node:sqlite`, the same on Node and Bun: one connection, taken in turns.
 *
 * A transaction begins IMMEDIATE, because one that begins deferred and then writes fails at once, whatever the busy
 * timeout, if another writer came between (SQLITE_BUSY_SNAPSHOT). A 'read only' one begins deferred, fixes its snapshot
 * with a first read, and refuses to write. Isolation levels are ignored: SQLite has one, serializable.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult, TransactionSettings } from 'kysely';
import { type BusyBudget, retryWhileBusy } from './busy-retry.ts';
import type { ConnectionQueue } from './connection-queue.ts';
import { sqliteError } from './sqlite-error.ts';
import { sqliteParameters } from './sqlite-parameters.ts';

export interface SqliteDriverOptions {
  readonly database: DatabaseSync;
  readonly queue: ConnectionQueue;
  readonly budget: BusyBudget;
  /** Run once before the first query; made again from its start while the database is busy. */
  readonly prepare: () => void;
}

export class SqliteDriver implements Driver {
  readonly #options: SqliteDriverOptions;
  readonly #connection: SqliteConnection;
  #giveBack: (() => void) | undefined;

  constructor(options: SqliteDriverOptions) {
    this.#options = options;
    this.#connection = new SqliteConnection(options.database, options.budget);
  }

  async init(): Promise<void> {
    const { budget, prepare } = this.#options;
    await retryWhileBusy(budget, async () => guarded(prepare));
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    this.#giveBack = await this.#options.queue.acquire();
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {
    const giveBack = this.#giveBack;
    this.#giveBack = undefined;
    giveBack?.();
  }

  async beginTransaction(_connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    const { database } = this.#options;
    guarded(() => {
      if (settings.accessMode !== 'read only') return database.exec('begin immediate');
      database.exec('begin deferred');
      try {
        database.prepare('select 1 from sqlite_schema limit 1').all();
        database.exec('pragma query_only = on');
      } catch (error) {
        this.#rollback();
        throw error;
      }
    });
  }

  async commitTransaction(): Promise<void> {
    guarded(() => {
      this.#options.database.exec('commit');
      this.#options.database.exec('pragma query_only = off');
    });
  }

  async rollbackTransaction(): Promise<void> {
    guarded(() => this.#rollback());
  }

  async destroy(): Promise<void> {
    // The database is closed by whoever opened it: Kysely skips this when no query was ever made.
  }

  #rollback(): void {
    const { database } = this.#options;
    // A full disk and some other failures make SQLite roll back by itself; a second rollback would hide their error.
    if (database.isTransaction) database.exec('rollback');
    database.exec('pragma query_only = off');
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #budget: BusyBudget;

  constructor(database: DatabaseSync, budget: BusyBudget) {
    this.#database = database;
    this.#budget = budget;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const parameters = sqliteParameters(query.parameters);
    const attempt = async () => guarded(() => this.#run<Row>(query.sql, parameters));
    // Inside a transaction a busy database is the transaction's failure: what it has read is no longer true.
    return this.#database.isTransaction ? attempt() : retryWhileBusy(this.#budget, attempt);
  }

  async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    try {
      const statement = this.#database.prepare(query.sql);
      // for-of ends the statement when the consumer stops early; an open one would keep its snapshot.
      for (const row of statement.iterate(...sqliteParameters(query.parameters)))
        yield { rows: [row as Row] };
    } catch (error) {
      throw sqliteError(error);
    }
  }

  #run<Row>(text: string, parameters: SQLInputValue[]): QueryResult<Row> {
    const statement = this.#database.prepare(text);
    const columns = statement.columns().map((column) => column.name);
    if (columns.length > 0) return { rows: readRows<Row>(statement, columns, parameters) };
    const { changes, lastInsertRowid } = statement.run(...parameters);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }
}

/**
 * All rows as ordinary objects. The driver's own ones have no prototype and are hash tables inside V8: with 50 000 rows
 * reading takes 1.7 times as long and half as much memory again.
 */
function readRows<Row>(
  statement: StatementSync,
  columns: readonly string[],
  parameters: SQLInputValue[],
): Row[] {
  statement.setReturnArrays(true);
  const rows: unknown[] = statement.all(...parameters);
  for (const [place, values] of rows.entries()) rows[place] = namedRow(columns, values as readonly unknown[]);
  return rows as Row[];
}

function namedRow(columns: readonly string[], values: readonly unknown[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (let place = 0; place < columns.length; place += 1) row[columns[place] ?? ''] = values[place];
  return row;
}

function guarded<Result>(call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    throw sqliteError(error);
  }
}
