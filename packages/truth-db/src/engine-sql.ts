/**
 * The few words in which the engines differ inside a statement that is otherwise written once: how a conflict with a
 * unique key is answered, and how a row is locked that is only read. Which engine it is, the query builder itself knows.
 *
 * SQLite has no row locks and needs none: its writing transactions exclude each other from their beginning. So these
 * words are empty there, and `hasRowLocks` tells whether a statement that only locks is worth its round trip.
 */
import { type Kysely, type RawBuilder, SqliteAdapter, sql } from 'kysely';
import { type EngineWords, mysqlWords, sqliteWords } from './engine-words.ts';
import type { TruthTables } from './tables.ts';

export interface EngineSql {
  /** Whether a row can be locked against other writing transactions, and has to be. */
  readonly hasRowLocks: boolean;
  /** Ends a SELECT: its rows are the newest committed ones, and nobody else changes or locks them until the commit. */
  readonly forUpdate: RawBuilder<unknown>;
  /** The same, but DATABASE_BUSY instead of waiting, upon which the whole transaction is run again. */
  readonly forUpdateOrBusy: RawBuilder<unknown>;
  /** As `forUpdate`, but others may lock them in this way too. */
  readonly forShare: RawBuilder<unknown>;
  /** Follows a table in FROM: rows are to be found by this index, in its order, even where they are half of the table. */
  byIndex(index: string): RawBuilder<unknown>;
  /** Comes between INSERT and the assignments for the row that has the same `column` already. */
  onDuplicate(column: string): RawBuilder<unknown>;
  /** Ends those assignments: otherwise they change nothing, and the row need not be written. */
  unchangedUnless(condition: RawBuilder<unknown>): RawBuilder<unknown>;
  /** Inside those assignments: the value that was to be inserted. */
  proposed(column: string): RawBuilder<unknown>;
  /** A text to be compared and sorted without regard to the case of its letters: of those of ASCII everywhere. */
  caseless(text: RawBuilder<unknown>): RawBuilder<string>;
}

/** The words of the engine that `db` speaks to. */
export function engineSql(db: Kysely<TruthTables>): EngineSql {
  return isSqlite(db) ? sqliteSql : mysqlSql;
}

/** Those of them that an asking needs. */
export function engineWords(db: Kysely<TruthTables>): EngineWords {
  return isSqlite(db) ? sqliteWords : mysqlWords;
}

function isSqlite(db: Kysely<TruthTables>): boolean {
  return db.getExecutor().adapter instanceof SqliteAdapter;
}

const sqliteSql: EngineSql = {
  hasRowLocks: false,
  forUpdate: sql.raw(sqliteWords.forUpdate),
  forUpdateOrBusy: sql``,
  forShare: sql``,
  // Chosen by itself; a hint would make the statement fail where the index has another name.
  byIndex: () => sql``,
  onDuplicate: (column) => sql.raw(sqliteWords.onDuplicate(column)),
  // An assignment of the same value is a write here, with its flush.
  unchangedUnless: (condition) => sql`where ${condition}`,
  proposed: (column) => sql.ref(`excluded.${column}`),
  // A third of the time of lower(), which knows no other letters either.
  caseless: (text) => sql`${text} collate nocase`,
};

const mysqlSql: EngineSql = {
  hasRowLocks: true,
  forUpdate: sql.raw(mysqlWords.forUpdate),
  forUpdateOrBusy: sql`for update nowait`,
  // The older spelling of FOR SHARE, which MariaDB does not know.
  forShare: sql`lock in share mode`,
  byIndex: (index) => sql`force index (${sql.ref(index)})`,
  onDuplicate: (column) => sql.raw(mysqlWords.onDuplicate(column)),
  unchangedUnless: () => sql``,
  // MariaDB has no row alias for it; MySQL calls this form old and takes it.
  proposed: (column) => sql`values(${sql.ref(column)})`,
  caseless: (text) => sql`lower(${text})`,
};
