/** Drives an asking over Kysely: in a transaction, or statement by statement on `Truth.db`. */
import { CompiledQuery, type Kysely } from 'kysely';
import type { AskedRow, Asking } from './asking.ts';
import type { TruthTables } from './tables.ts';

/** @throws HoldfastError what the asking refuses, or as any statement of truth */
export async function askKysely<Result>(db: Kysely<TruthTables>, asking: Asking<Result>): Promise<Result> {
  let step = asking.next();
  while (step.done !== true) {
    const { text, parameters } = step.value;
    const { rows } = await db.executeQuery<AskedRow>(CompiledQuery.raw(text, [...parameters]));
    step = asking.next(rows);
  }
  return step.value;
}
