/**
 * The one place where a migration meets the differences between databases: what a kind of column is called there, and
 * what has to be added so that the database itself refuses a value of another kind. Migrations use nothing else of a
 * dialect.
 *
 * Does not describe keys and foreign keys: those are written the same way everywhere.
 */
import type { ColumnDataType, CreateTableBuilder, Expression, RawBuilder, SqlBool } from 'kysely';

/** How one kind of value is stored. */
export interface ColumnKind {
  readonly dataType: ColumnDataType | Expression<unknown>;
  /** A condition the database checks where the data type alone would let a wrong value pass. */
  readonly check?: (column: string) => RawBuilder<SqlBool>;
}

export interface ColumnTypes {
  /** A reference to, or a count of, rows: a whole number that a JavaScript number holds exactly. */
  readonly integer: ColumnKind;
  /** 0 or 1. */
  readonly boolean: ColumnKind;
  /** A moment in UTC with milliseconds; comparing two stored values compares the moments. */
  readonly time: ColumnKind;
  /** Unicode text of at most `maxLength` characters, compared byte by byte. */
  text(maxLength: number): ColumnKind;
  /** Whether CREATE TABLE makes the indexes too: needed where a statement is all that is atomic about DDL. */
  readonly areIndexesInline: boolean;
  /** Finishes CREATE TABLE: storage options such as strictness or character set. */
  finish(table: CreateTableBuilder<string, string>): CreateTableBuilder<string, string>;
}
