/** How long triggers waited until they were live, in milliseconds. */
import type { PolicyContext } from '@holdfast/gateway-policy/command';

/** Of a storm, so many triggers show its shape. */
const mostTriggers = 1_000;

/**
 * @param after - triggers up to this id were live before
 * @param upTo - triggers up to this id are live now
 * @param nowMs - wall clock. Triggers carry that of whoever recorded them: on another machine it may differ, and a trigger
 *   from the future counts as 0
 */
export async function reactionTimes(
  { truth, gateway }: PolicyContext,
  { after, upTo, nowMs }: { readonly after: number; readonly upTo: number; readonly nowMs: number },
): Promise<readonly number[]> {
  if (upTo <= after) return [];
  const rows = await truth.db
    .selectFrom('policy_triggers')
    .select('created_at')
    .where('gateway', '=', gateway)
    .where('id', '>', after)
    .where('id', '<=', upTo)
    .orderBy('id', 'desc')
    .limit(mostTriggers)
    .execute();
  return rows.map(({ created_at: at }) => Math.max(0, nowMs - Date.parse(at)));
}
