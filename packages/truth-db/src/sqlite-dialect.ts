/**
 * A SQLite file as truth: opened private to its owner, in WAL mode, so that readers and the one writer do not wait for
 * each other, and with `synchronous = FULL`: a transaction that was reported as committed survives a power failure.
 *
 * Links are refused when the file is opened. That is a check of a name: who may rename files in the directory can win
 * a race against it, so the directory has to belong to the owner too.
 */
import { closeSync, lstatSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { errnoOf, HoldfastError, isHoldfastError } from '@holdfast/base';
import { sqliteColumnTypes } from '@holdfast/migrations';
import { type Dialect, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, sql } from 'kysely';
import { type BusyBudget, retryWhileBusy } from './busy-retry.ts';
import { ConnectionQueue } from './connection-queue.ts';
import { SqliteDriver } from './sqlite-driver.ts';
import { sqliteError } from './sqlite-error.ts';
import type { TruthTables } from './tables.ts';
import { TransactionScope } from './transaction-scope.ts';
import type { MigrationSession, TruthDialect } from './truth-dialect.ts';

/** Longest time one try may block the event loop, in milliseconds. */
const blockingTimeoutMs = 50;

/**
 * @param path - absolute, or relative to the working directory; `:memory:` for a private database without a file
 * @param mayCreate - whether an empty file is created where there is none
 * @throws HoldfastError TARGET_REFUSED - the path is a link or no regular file
 * @throws HoldfastError SCHEMA_MISSING - there is no file, and none may be created
 * @throws HoldfastError DATABASE_UNREACHABLE - missing directory, no permission, or not a database
 */
export function sqliteDialect(path: string, budget: BusyBudget, mayCreate: boolean): TruthDialect {
  const file = path === ':memory:' ? path : resolve(path);
  if (file !== ':memory:' && !isThere(file)) createFile(file, mayCreate);
  const database = openDatabase(file, Math.min(blockingTimeoutMs, budget.busyTimeoutMs));
  const scope = new TransactionScope();
  const queue = new ConnectionQueue(scope);
  const kysely: Dialect = {
    createDriver: () =>
      new SqliteDriver({ database, queue, budget, prepare: () => prepareDatabase(database) }),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new QueuedSqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
  return {
    engine: 'sqlite',
    scope,
    budget,
    kysely,
    hasTransactionalDdl: true,
    hasTable,
    migrateAlone: (waitMs, work) => migrateAlone(kysely, { ...budget, busyTimeoutMs: waitMs }, work),
    close: async () => {
      const giveBack = await queue.acquire();
      database.close();
      giveBack();
    },
  };
}

/** The one writer that a transaction lets in is the one that migrates. */
async function migrateAlone<Result>(
  kysely: Dialect,
  patience: BusyBudget,
  work: (session: MigrationSession) => Promise<Result>,
): Promise<Result> {
  const db = new Kysely<TruthTables>({ dialect: kysely });
  return retryWhileBusy(patience, () =>
    db.transaction().execute((trx) => work({ db: trx, columnTypes: sqliteColumnTypes })),
  );
}

/** Kysely need not take turns at the connection itself: `ConnectionQueue` does, and refuses where Kysely would hang. */
class QueuedSqliteAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

function openDatabase(file: string, timeoutMs: number): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: timeoutMs, enableForeignKeyConstraints: true });
    database.prepare('pragma schema_version').all();
    return database;
  } catch (error) {
    const wrapped = sqliteError(error);
    // A database that is busy right now is one; the first query waits for it without blocking.
    if (database !== undefined && isHoldfastError(wrapped, 'DATABASE_BUSY')) return database;
    database?.close();
    throw wrapped;
  }
}

function isThere(file: string): boolean {
  const found = attempt(file, () => lstatSync(file, { throwIfNoEntry: false }));
  if (found === undefined || found.isFile()) return found !== undefined;
  throw new HoldfastError('TARGET_REFUSED', `the database ${file} is a link or no regular file`, {
    details: { file },
  });
}

function createFile(file: string, mayCreate: boolean): void {
  if (!mayCreate) {
    attempt(file, () => lstatSync(dirname(file)));
    throw new HoldfastError('SCHEMA_MISSING', `there is no database ${file}`, { details: { file } });
  }
  // The journal files get the mode of this one. A file that exists is never opened here: closing it again would drop
  // the locks that SQLite holds on it in this process.
  attempt(file, () => closeSync(openSync(file, 'wx', 0o600)));
}

function attempt<Result>(file: string, call: () => Result): Result | undefined {
  try {
    return call();
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return undefined; // somebody else was first to create it
    throw new HoldfastError('DATABASE_UNREACHABLE', `the database ${file} cannot be reached or created`, {
      cause: error,
      details: { file },
    });
  }
}

function prepareDatabase(database: DatabaseSync): void {
  const mode = database.prepare('pragma journal_mode = wal').get()?.journal_mode;
  if (mode !== 'wal' && mode !== 'memory') {
    throw new HoldfastError('DATABASE_UNREACHABLE', 'the database does not take write-ahead logging', {
      details: { mode },
    });
  }
  database.exec('pragma synchronous = full');
}

async function hasTable(db: Kysely<TruthTables>, table: string): Promise<boolean> {
  const found = await sql`select 1 from sqlite_schema where type = 'table' and name = ${table}`.execute(db);
  return found.rows.length > 0;
}
