/** Searching for a part of a text, in the way both databases understand it. */
import { engineSql, type Truth } from '@holdfast/truth-db';
import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';

/** Whether `column` has `text` in it, in any case. The signs that LIKE gives a meaning stand for themselves. */
export function contains(db: Truth['db'], column: string, text: string): RawBuilder<SqlBool> {
  // SQLite would read up to it and find everything; nothing that is stored has one.
  if (text.includes('\0')) return nothing;
  const { caseless } = engineSql(db);
  const pattern = `%${text.replaceAll(/[!%_]/g, '!$&')}%`;
  return sql<SqlBool>`${caseless(sql.ref(column))} like ${caseless(sql`${pattern}`)} escape '!'`;
}

const nothing = sql<SqlBool>`0 = 1`;

/** One of `conditions`, of which there may be none. */
export function anyOf(conditions: readonly Expression<SqlBool>[]): RawBuilder<SqlBool> {
  return conditions.length === 0 ? nothing : sql<SqlBool>`(${sql.join(conditions, sql` or `)})`;
}
