/**
 * Statements about a list of things, whose text is put together once for each of a few lengths: a list of another length is
 * filled up with its last item, so that a database which keeps prepared statements sees a handful of them and not one for
 * every length there is. What they do has to be the same when an item comes twice.
 */
import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import { chunksOf, itemsPerStatement } from './chunks.ts';
import type { EngineSql } from './engine-sql.ts';
import { type Statement, statement } from './statement-text.ts';
import type { TruthTables } from './tables.ts';

/**
 * Runs it as often as `items` need, in their order; not at all for none.
 *
 * @param items - the parameters of each
 * @param before - parameters that stand before all items
 */
export type ListStatement<Row> = (
  db: Kysely<TruthTables>,
  items: readonly (readonly unknown[])[],
  before?: readonly unknown[],
) => Promise<readonly Row[]>;

/** Half as much again each time: a list is filled up by a third of its statement at most. */
const lengths = [
  1,
  ...[2, 4, 8, 16, 32, 64, 128, 256].flatMap((power) => [power, power * 1.5]),
  itemsPerStatement,
];

/** @param build - the statement for `length` items; the values of its parameters are looked at by nobody */
export function listStatement<Row>(
  build: (engine: EngineSql, length: number) => RawBuilder<Row>,
): ListStatement<Row> {
  const byLength = new Map<number, Statement<Row>>();
  const ofLength = (length: number) => {
    const known = byLength.get(length) ?? statement((engine) => build(engine, length));
    byLength.set(length, known);
    return known;
  };
  return async (db, items, before = []) => {
    const [only] = items;
    if (only !== undefined && items.length === 1) return (await ofLength(1)(db, [...before, ...only])).rows;
    const rows: Row[] = [];
    for (const filled of filledChunks(items)) {
      rows.push(...(await ofLength(filled.length)(db, [...before, ...filled.flat()])).rows);
    }
    return rows;
  };
}

/** `items` in their order, in lists of those few lengths. */
export function* filledChunks<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (const chunk of chunksOf(items)) {
    const length = lengths.find((fixed) => fixed >= chunk.length) ?? chunk.length;
    const [last] = chunk.slice(-1);
    const fill = last === undefined ? [] : Array.from({ length: length - chunk.length }, () => last);
    yield [...chunk, ...fill];
  }
}

/** The condition that `column` has one of `length` values, each of them the parameter of an item. */
export function isOneOf(column: string, length: number): RawBuilder<SqlBool> {
  const values = Array.from({ length }, () => sql`${null}`);
  return length === 1
    ? sql<SqlBool>`${sql.ref(column)} = ${null}`
    : sql<SqlBool>`${sql.ref(column)} in (${sql.join(values)})`;
}
