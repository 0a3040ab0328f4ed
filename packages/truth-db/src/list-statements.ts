/**
 * Two statements about one list, of which the second one answers: what is locked or written first, and what is read then. A
 * server gets both in one packet, because the round trip between them costs more than most of them; it does not run the
 * second one when the first one has failed.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { type EngineSql, engineSql } from './engine-sql.ts';
import { filledChunks, listStatement } from './list-statement.ts';
import { type Statement, statement } from './statement-text.ts';
import type { TruthTables } from './tables.ts';

export interface ListPart<Item, Row = unknown> {
  /** The statement for `length` items; the values of its parameters are looked at by nobody. */
  readonly build: (engine: EngineSql, length: number) => RawBuilder<Row>;
  readonly parametersOf: (item: Item) => readonly unknown[];
}

/**
 * Both for each 500 items, in their order; not at all for none.
 *
 * @returns the rows of the second one
 */
export type ListStatements<Item, Row> = (
  db: Kysely<TruthTables>,
  items: readonly Item[],
) => Promise<readonly Row[]>;

export function listStatements<Item, Row>(
  first: ListPart<Item>,
  second: ListPart<Item, Row>,
): ListStatements<Item, Row> {
  const [firstAlone, secondAlone] = [listStatement(first.build), listStatement(second.build)];
  const byLength = new Map<number, Statement<Row>>();
  const ofLength = (length: number) => {
    const both = (engine: EngineSql) =>
      sql<Row>`${first.build(engine, length)}; ${second.build(engine, length)}`;
    const known = byLength.get(length) ?? statement(both);
    byLength.set(length, known);
    return known;
  };
  return async (db, items) => {
    if (!engineSql(db).hasRowLocks) {
      await firstAlone(db, items.map(first.parametersOf));
      return secondAlone(db, items.map(second.parametersOf));
    }
    const rows: Row[] = [];
    for (const filled of filledChunks(items)) {
      const parameters = [first, second].flatMap((part) => filled.flatMap(part.parametersOf));
      rows.push(...(await ofLength(filled.length)(db, parameters)).rows);
    }
    return rows;
  };
}
