/**
 * Creates a table from a description, so that a migration reads as the list of its columns. Conditions, foreign keys
 * and indexes get the names they are given: an operator meets those names in error messages and query plans.
 */
import { type CreateTableBuilder, type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { ColumnKind, ColumnTypes } from './column-types.ts';

export interface Column {
  readonly kind: ColumnKind;
  readonly isNullable: boolean;
  /** `id` is the surrogate key, counted up by the database and never reused; 'natural' is a key the writer gives. */
  readonly key?: 'id' | 'natural';
  readonly defaultTo?: number;
}

export interface Table {
  readonly name: string;
  readonly columns: Readonly<Record<string, Column>>;
  /** Primary key of more than one column. */
  readonly primaryKey?: { readonly name: string; readonly columns: readonly string[] };
  /** Constraint name → condition. */
  readonly checks?: Readonly<Record<string, RawBuilder<SqlBool>>>;
  /** Constraint name → column and what it refers to, as `table.column`. */
  readonly references?: Readonly<
    Record<string, { readonly column: string; readonly to: `${string}.${string}` }>
  >;
  /** Index name → columns. */
  readonly unique?: Readonly<Record<string, readonly string[]>>;
  readonly indexes?: Readonly<Record<string, readonly string[]>>;
}

/** The surrogate key. */
export function id(types: ColumnTypes): Column {
  return { kind: types.integer, isNullable: false, key: 'id' };
}

/** A column that is never NULL. */
export function required(kind: ColumnKind, options: Pick<Column, 'key' | 'defaultTo'> = {}): Column {
  return { kind, isNullable: false, ...options };
}

/** A column that may be NULL. */
export function optional(kind: ColumnKind): Column {
  return { kind, isNullable: true };
}

/** The condition that `column` is one of `values` (or NULL, which a CHECK lets pass). */
export function oneOf(column: string, values: readonly string[]): RawBuilder<SqlBool> {
  return sql`${sql.ref(column)} in (${sql.join(values.map((value) => sql.lit(value)))})`;
}

/** Creates `table` and its indexes. */
export async function createTable(db: Kysely<unknown>, types: ColumnTypes, table: Table): Promise<void> {
  let builder: CreateTableBuilder<string, string> = db.schema.createTable(table.name);
  for (const [name, column] of Object.entries(table.columns)) builder = addColumn(builder, name, column);
  if (table.primaryKey !== undefined) {
    builder = builder.addPrimaryKeyConstraint(table.primaryKey.name, [...table.primaryKey.columns]);
  }
  for (const [name, { column, to }] of Object.entries(table.references ?? {})) {
    const [target = '', key = ''] = to.split('.');
    builder = builder.addForeignKeyConstraint(name, [column], target, [key]);
  }
  for (const [name, check] of Object.entries(table.checks ?? {}))
    builder = builder.addCheckConstraint(name, check);
  await types.finish(builder).execute();
  for (const [name, columns] of Object.entries(table.unique ?? {})) {
    await db.schema
      .createIndex(name)
      .unique()
      .on(table.name)
      .columns([...columns])
      .execute();
  }
  for (const [name, columns] of Object.entries(table.indexes ?? {})) {
    await db.schema
      .createIndex(name)
      .on(table.name)
      .columns([...columns])
      .execute();
  }
}

function addColumn(
  builder: CreateTableBuilder<string, string>,
  name: string,
  { kind, isNullable, key, defaultTo }: Column,
): CreateTableBuilder<string, string> {
  return builder.addColumn(name, kind.dataType, (definition) => {
    let column = definition;
    if (!isNullable) column = column.notNull();
    if (key !== undefined) column = column.primaryKey();
    if (key === 'id') column = column.autoIncrement();
    if (defaultTo !== undefined) column = column.defaultTo(defaultTo);
    return kind.check === undefined ? column : column.check(kind.check(name));
  });
}
