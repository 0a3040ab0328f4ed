/** A SQLite file as truth, for Kysely: how the file is opened, and what that promises, stands in `sqlite-file.ts`. */
import { sqliteColumnTypes } from '@holdfast/migrations';
import { type Dialect, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, sql } from 'kysely';
import { type BusyBudget, retryWhileBusy } from './busy-retry.ts';
import { ConnectionQueue } from './connection-queue.ts';
import { SqliteDriver } from './sqlite-driver.ts';
import { openSqliteFile, prepareDatabase } from './sqlite-file.ts';
import type { TruthTables } from './tables.ts';
import { TransactionScope } from './transaction-scope.ts';
import type { MigrationSession, TruthDialect } from './truth-dialect.ts';

/**
 * @param path - absolute, or relative to the working directory; `:memory:` for a private database without a file
 * @param mayCreate - whether an empty file is created where there is none
 * @throws HoldfastError TARGET_REFUSED - the path is a link or no regular file
 * @throws HoldfastError SCHEMA_MISSING - there is no file, and none may be created
 * @throws HoldfastError DATABASE_UNREACHABLE - missing directory, no permission, or not a database
 */
export function sqliteDialect(path: string, budget: BusyBudget, mayCreate: boolean): TruthDialect {
  const database = openSqliteFile(path, budget.busyTimeoutMs, mayCreate);
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

async function hasTable(db: Kysely<TruthTables>, table: string): Promise<boolean> {
  const found = await sql`select 1 from sqlite_schema where type = 'table' and name = ${table}`.execute(db);
  return found.rows.length > 0;
}
