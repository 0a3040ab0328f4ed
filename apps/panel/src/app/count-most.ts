/** Counts what a list has, as far as anybody wants to know it exactly. */
import type { Truth } from '@holdfast/truth-db';
import { type RawBuilder, type SqlBool, sql } from 'kysely';

const most = 100_000;

/** @param source - what follows FROM */
export async function countMost(
  db: Truth['db'],
  source: RawBuilder<unknown>,
  condition: RawBuilder<SqlBool>,
): Promise<number> {
  const counted = sql<{ total: number }>`
    select count(*) as total from (select 1 as one from ${source} where ${condition} limit ${most}) as found`;
  const { rows } = await counted.execute(db);
  return Number(rows[0]?.total ?? 0);
}

/** All of `conditions`, of which there may be none. */
export function allOf(conditions: readonly RawBuilder<SqlBool>[]): RawBuilder<SqlBool> {
  return conditions.length === 0 ? sql<SqlBool>`1 = 1` : sql<SqlBool>`${sql.join(conditions, sql` and `)}`;
}
