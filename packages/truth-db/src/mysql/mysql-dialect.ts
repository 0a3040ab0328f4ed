/** A MariaDB or MySQL server as truth: a pool of connections, and migrations under the named lock of the database. */
import { type Dialect, type Kysely, MysqlAdapter, MysqlIntrospector, MysqlQueryCompiler, sql } from 'kysely';
import type { BusyBudget } from '../busy-retry.ts';
import type { TruthTables } from '../tables.ts';
import { TransactionScope } from '../transaction-scope.ts';
import type { TruthDialect } from '../truth-dialect.ts';
import { MysqlDriver } from './mysql-driver.ts';
import { migrateUnderLock } from './mysql-migration.ts';
import { MysqlPool } from './mysql-pool.ts';
import type { MysqlEndpoint } from './mysql-url.ts';

/** Nothing is connected until the first statement. */
export function mysqlDialect(endpoint: MysqlEndpoint, budget: BusyBudget): TruthDialect {
  const { busyTimeoutMs, clock } = budget;
  const scope = new TransactionScope();
  const pool = new MysqlPool({ endpoint, lockWaitMs: busyTimeoutMs, waitMs: busyTimeoutMs, clock });
  const dialect: Dialect = {
    createDriver: () => new MysqlDriver({ pool, scope, budget }),
    createQueryCompiler: () => new MysqlQueryCompiler(),
    createAdapter: () => new MysqlAdapter(),
    createIntrospector: (db) => new MysqlIntrospector(db),
  };
  return {
    engine: 'mysql',
    kysely: dialect,
    scope,
    budget,
    hasTransactionalDdl: false,
    hasTable,
    migrateAlone: (waitMs, work) =>
      migrateUnderLock({ pool, database: endpoint.database, waitMs, dialect }, work),
    close: () => pool.close(),
  };
}

async function hasTable(db: Kysely<TruthTables>, table: string): Promise<boolean> {
  const found = await sql`
    select 1 from information_schema.tables where table_schema = database() and table_name = ${table}`.execute(
    db,
  );
  return found.rows.length > 0;
}
