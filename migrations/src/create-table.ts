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

/**
 * Creates `table` and its indexes; with one statement where `types` says that indexes are part of a table.
 *
 * @param mayBeThere - whether a table of that name is taken for this one
 */
export async function createTable(
  db: Kysely<unknown>,
  types: ColumnTypes,
  table: Table,
  mayBeThere = false,
): Promise<void> {
  const { unique = {}, indexes = {} } = table;
  let builder = describeTable(db.schema.createTable(table.name), table);
  if (mayBeThere) builder = builder.ifNotExists();
  if (types.areIndexesInline) {
    for (const [name, on] of Object.entries(unique)) builder = builder.addUniqueConstraint(name, [...on]);
    for (const [name, on] of Object.entries(indexes)) builder = builder.addIndex(name, [...on]);
  }
  await types.finish(builder).execute();
  if (types.areIndexesInline) return;
  for (const [name, on] of Object.entries(unique)) {
    await db.schema
      .createIndex(name)
      .unique()
      .on(table.name)
      .columns([...on])
      .execute();
  }
  for (const [name, on] of Object.entries(indexes)) {
    await db.schema
      .createIndex(name)
      .on(table.name)
      .columns([...on])
      .execute();
  }
}

type Builder = CreateTableBuilder<string, string>;

function describeTable(empty: Builder, { columns, primaryKey, references, checks }: Table): Builder {
  let builder = empty;
  for (const [name, column] of Object.entries(columns)) builder = addColumn(builder, name, column);
  if (primaryKey !== undefined)
    builder = builder.addPrimaryKeyConstraint(primaryKey.name, [...primaryKey.columns]);
  for (const [name, { column, to }] of Object.entries(references ?? {})) {
    const [target = '', key = ''] = to.split('.');
    builder = builder.addForeignKeyConstraint(name, [column], target, [key]);
  }
  for (const [name, check] of Object.entries(checks ?? {})) builder = builder.addCheckConstraint(name, check);
  return builder;
}

function addColumn(builder: Builder, name: string, { kind, isNullable, key, defaultTo }: Column): Builder {
  return builder.addColumn(name, kind.dataType, (definition) => {
    let column = definition;
    if (!isNullable) column = column.notNull();
    if (key !== undefined) column = column.primaryKey();
    if (key === 'id') column = column.autoIncrement();
    if (defaultTo !== undefined) column = column.defaultTo(defaultTo);
    return kind.check === undefined ? column : column.check(kind.check(name));
  });
}
