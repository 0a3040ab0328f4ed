/**
 * Everything in which one database differs from another, as far as this package is concerned. Queries are written once,
 * in the SQL that all of them share; what they do not share is behind these names and, word by word, in `engine-sql.ts`.
 *
 * What is the same everywhere, because the drivers see to it:
 * - `"name"` quotes an identifier and `||` joins texts. Texts compare and sort byte by byte, trailing spaces count.
 * - Values are what SQLite gives and takes: numbers (sums and averages too), texts, NULL, 0 and 1, `UtcTime`.
 * - `numUpdatedRows` counts the rows that were found, changed or not: nobody's win may be inferred from it alone.
 * - A constraint that refuses a row is TRUTH_INVALID with the same `details.constraint`.
 *
 * What a query has to mind, because MariaDB and MySQL differ from SQLite:
 * - Writing transactions run side by side, in READ COMMITTED: each statement sees what is committed when it begins, and two
 *   SELECTs of one transaction can differ. What was read may be changed by others until the commit, unless it was read
 *   `for update` (`engineSql(trx).forUpdate`), or the UPDATE repeats in its WHERE what was read. SQLite lets one writer in
 *   after the other, so there these words are empty. A snapshot is one state on both.
 * - A conflict is met at the statement, not at the beginning: two that want each other's rows end in a deadlock, of which
 *   one is run again from its start. Lock rows in one order: those of tables first, trigger counters last.
 * - `INSERT … SELECT … WHERE NOT EXISTS` does not see the uncommitted row of another: the second waits and is refused by
 *   the unique key. Say what a duplicate does (`engineSql(trx).onDuplicate`).
 * - There is no RETURNING, no partial index, and no UPDATE of a table whose own rows a subquery reads.
 * - `insertId` of several rows is the first one's; SQLite tells the last one's. Ids have holes after rollbacks.
 * - A time that is computed from several columns and parameters (`coalesce(created_at, ?)`) may come back in the words of
 *   the server, `YYYY-MM-DD HH:MM:SS.sss`: select columns, and choose between them outside. A text of exactly the form of
 *   `UtcTime` is taken for a time wherever it goes, and a time must be a parameter: as a literal it is no time there.
 * - `length()` counts bytes, LIKE minds the case, a number with a fraction is refused as a parameter.
 */
import type { ColumnTypes } from '@holdfast/migrations';
import type { Dialect, Kysely } from 'kysely';
import type { BusyBudget } from './busy-retry.ts';
import type { TruthTables } from './tables.ts';
import type { TransactionScope } from './transaction-scope.ts';

/** The database while nobody else migrates it. */
export interface MigrationSession {
  readonly db: Kysely<TruthTables>;
  /** How migrations spell the kinds of columns. */
  readonly columnTypes: ColumnTypes;
}

export interface TruthDialect {
  readonly engine: 'sqlite' | 'mysql';
  /**
   * The driver. Its transactions are writing ones unless 'read only' is asked for: that is one snapshot. Every failure it
   * throws is a HoldfastError.
   */
  readonly kysely: Dialect;
  readonly scope: TransactionScope;
  readonly budget: BusyBudget;
  /**
   * Whether a transaction takes back changes of the schema too. Then a migration is one transaction; else each statement
   * of it is final, and what has begun is written down.
   */
  readonly hasTransactionalDdl: boolean;
  /** Whether the database has a table of that name, as `db` sees it. */
  hasTable(db: Kysely<TruthTables>, table: string): Promise<boolean>;
  /**
   * Runs `work` while nobody else migrates: in one writing transaction, or on one connection that holds the named lock of
   * the database.
   *
   * @throws HoldfastError DATABASE_BUSY - another process migrates and did not end within `waitMs`, or within the budget
   */
  migrateAlone<Result>(waitMs: number, work: (session: MigrationSession) => Promise<Result>): Promise<Result>;
  /** Closes what was opened, after the statements and transactions that were begun. Called once. */
  close(): Promise<void>;
}
