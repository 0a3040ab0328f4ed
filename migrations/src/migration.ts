/**
 * One entry of the schema's history. A published migration never changes: a correction is a new one.
 *
 * It is a list of steps because MariaDB and MySQL commit each statement that changes the schema by itself: there, a
 * migration that is interrupted has some of its steps done, and perhaps one of which nobody knows. So a step is one such
 * statement, and both its directions can meet their own work.
 */
import type { Kysely } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

export interface MigrationStep {
  /**
   * Creates, with one statement where the database has no transactional DDL.
   *
   * @param mayBeDone - whether an interrupted run has begun this step: then finding its work done is no failure
   */
  up(db: Kysely<unknown>, types: ColumnTypes, mayBeDone: boolean): Promise<void>;
  /** Takes back exactly what `up` creates, rows included. Finding nothing is no failure. */
  down(db: Kysely<unknown>, types: ColumnTypes): Promise<void>;
}

export interface Migration {
  /** Number and name, `0001-core`: unique, and its order in the list is the order of application. */
  readonly name: string;
  /** In the order of `up`. Steps that were published keep their place. */
  readonly steps: readonly MigrationStep[];
  /** The tables it creates whose rows are worth something: taking it back throws them away. */
  readonly tables: readonly string[];
}
