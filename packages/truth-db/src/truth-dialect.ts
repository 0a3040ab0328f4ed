/**
 * Everything in which one database differs from another, as far as this package is concerned. Queries are written once,
 * in the SQL that all of them share; what they do not share is behind these names.
 */
import type { ColumnTypes } from '@holdfast/migrations';
import type { Dialect, Kysely } from 'kysely';
import type { BusyBudget } from './busy-retry.ts';
import type { ConnectionQueue } from './connection-queue.ts';
import type { TruthTables } from './tables.ts';

export interface TruthDialect {
  /** How migrations spell the kinds of columns. */
  readonly columnTypes: ColumnTypes;
  /**
   * The driver. Its transactions are writing ones that conflict at their beginning, unless 'read only' is asked for:
   * that is one snapshot. Every failure it throws is a HoldfastError.
   */
  readonly kysely: Dialect;
  /** Whether the database has a table of that name, as `db` sees it. */
  hasTable(db: Kysely<TruthTables>, table: string): Promise<boolean>;
  readonly queue: ConnectionQueue;
  readonly budget: BusyBudget;
  /** Closes what was opened. Called once, when no statement runs. */
  close(): void;
}
