/** One step of the schema's history. A published migration never changes: a correction is a new one. */
import type { Kysely } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

export interface Migration {
  /** Number and name, `0001-core`: unique, and its order in the list is the order of application. */
  readonly name: string;
  /** Creates. Runs inside a transaction of the caller where the database has transactional DDL. */
  up(db: Kysely<unknown>, types: ColumnTypes): Promise<void>;
  /** Takes back exactly what `up` created, rows included. */
  down(db: Kysely<unknown>, types: ColumnTypes): Promise<void>;
}
