/** Which logins still stand, asked for all who listen at once: one that was ended shall hear nothing more. */
import type { Truth } from '@holdfast/truth-db';

/** Families of one question. */
const askedAtOnce = 500;

/** @returns those of `families` that were neither revoked nor have run out */
export async function liveFamilies(
  db: Truth['db'],
  families: ReadonlySet<string>,
  nowMs: number,
): Promise<ReadonlySet<string>> {
  const live = new Set<string>();
  const ids = [...families];
  for (let from = 0; from < ids.length; from += askedAtOnce) {
    const rows = await db
      .selectFrom('token_families')
      .select('family_id')
      .where('family_id', 'in', ids.slice(from, from + askedAtOnce))
      .where('revoked_at', 'is', null)
      .where('absolute_expires_at', '>', nowMs)
      .where('idle_expires_at', '>', nowMs)
      .execute();
    for (const row of rows) live.add(row.family_id);
  }
  return live;
}
