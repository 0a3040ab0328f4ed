/**
 * Statements whose text is put together once for each engine instead of with each query, for those that every login
 * sends: building and compiling takes longer than SQLite needs to run them.
 */
import { CompiledQuery, type Kysely, type QueryResult, type RawBuilder } from 'kysely';
import { type EngineSql, engineSql } from './engine-sql.ts';
import type { TruthTables } from './tables.ts';

/** Runs it with `parameters` in the place of those of its template, in their order. */
export type Statement<Row> = (
  db: Kysely<TruthTables>,
  parameters: readonly unknown[],
) => Promise<QueryResult<Row>>;

/** @param build - the statement; the values of its parameters are looked at by nobody */
export function statement<Row>(build: (engine: EngineSql) => RawBuilder<Row>): Statement<Row> {
  const texts = new Map<EngineSql, string>();
  return (db, parameters) => {
    const engine = engineSql(db);
    const text = texts.get(engine) ?? build(engine).compile(db).sql;
    texts.set(engine, text);
    return db.executeQuery<Row>(CompiledQuery.raw(text, [...parameters]));
  };
}
