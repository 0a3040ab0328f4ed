/**
 * Kysely's driver for `node:sqlite`, the same on Node and Bun: one connection, taken in turns.
 *
 * A transaction begins IMMEDIATE, because one that begins deferred and then writes fails at once, whatever the busy
 * timeout, if another writer came between (SQLITE_BUSY_SNAPSHOT). A 'read only' one begins deferred, fixes its snapshot
 * with a first read, and refuses to write. Isolation levels are ignored: SQLite has one, serializable.
 */

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { HoldfastError } from '@holdfast/base';
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
      if (settings.accessMode !== 'read only') return this.#connection.perform('begin immediate');
      this.#connection.perform('begin deferred');
      try {
        database.prepare('select 1 from sqlite_schema limit 1').all();
        this.#connection.isSnapshot = true;
        database.exec('pragma query_only = on');
      } catch (error) {
        this.#rollback();
        throw error;
      }
    });
  }

  async commitTransaction(): Promise<void> {
    guarded(() => {
      this.#connection.perform('commit');
      this.#endSnapshot();
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
    this.#endSnapshot();
  }

  #endSnapshot(): void {
    if (!this.#connection.isSnapshot) return;
    this.#options.database.exec('pragma query_only = off');
    this.#connection.isSnapshot = false;
  }
}

/** More than our own statements are; those of many rows have a text for each number of rows. */
const keptStatements = 128;

class SqliteConnection implements DatabaseConnection {
  isSnapshot = false;
  readonly #prepared = new Map<string, PreparedStatement>();
  readonly #database: DatabaseSync;
  readonly #budget: BusyBudget;

  constructor(database: DatabaseSync, budget: BusyBudget) {
    this.#database = database;
    this.#budget = budget;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const parameters = sqliteParameters(query.parameters);
    const run = () => this.#run<Row>(query.sql, parameters);
    // Inside a transaction a busy database is the transaction's failure: what it has read is no longer true.
    return this.#database.isTransaction ? run() : retryWhileBusy(this.#budget, async () => run());
  }

  /** A statement that answers nothing. */
  perform(text: string): void {
    this.#prepare(text).statement.run();
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

  /** Only a snapshot cannot be written: nothing is wrong with the database. */
  #judged(thrown: unknown): HoldfastError {
    const error = sqliteError(thrown);
    if (!this.isSnapshot || error.code !== 'DATABASE_READ_ONLY') return error;
    return new HoldfastError('INTERNAL', 'a statement would write in a snapshot', { cause: error });
  }

  #run<Row>(text: string, parameters: SQLInputValue[]): QueryResult<Row> {
    try {
      const { statement, columns } = this.#prepare(text);
      if (columns.length > 0) return { rows: readRows<Row>(statement, columns, parameters) };
      const { changes, lastInsertRowid } = statement.run(...parameters);
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
    } catch (error) {
      throw this.#judged(error);
    }
  }

  /** Preparing takes longer than most statements: the ones that were used last are kept. */
  #prepare(text: string): PreparedStatement {
    const kept = this.#prepared.get(text);
    const prepared = kept ?? prepareStatement(this.#database, text);
    // What a star stands for changes with the schema.
    if (text.includes('*')) return prepared;
    this.#prepared.delete(text);
    this.#prepared.set(text, prepared);
    if (this.#prepared.size > keptStatements) this.#forgetOldest();
    return prepared;
  }

  #forgetOldest(): void {
    for (const text of this.#prepared.keys()) {
      this.#prepared.delete(text);
      return;
    }
  }
}

interface PreparedStatement {
  readonly statement: StatementSync;
  /** Names of what it answers; empty when it answers no rows. */
  readonly columns: readonly string[];
}

function prepareStatement(database: DatabaseSync, text: string): PreparedStatement {
  const statement = database.prepare(text);
  const columns = namesOf(statement);
  if (columns.length > 0) statement.setReturnArrays(true);
  return { statement, columns };
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
  const rows: unknown[] = statement.all(...parameters);
  for (const [place, values] of rows.entries()) rows[place] = namedRow(columns, values as readonly unknown[]);
  return rows as Row[];
}

function namesOf(statement: StatementSync): readonly string[] {
  return statement.columns().map((column) => column.name);
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
