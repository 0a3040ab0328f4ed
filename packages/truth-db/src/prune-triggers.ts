/**
 * Forgets triggers that runs have covered, so that their table does not grow for ever. The newest ones stay for whoever
 * wants to know what happened last; one that no run has covered stays whatever its age, because it is work to be done.
 */
import { sql } from 'kysely';
import type { Truth } from './truth.ts';

export interface PruneTriggersOptions {
  /** How many covered triggers stay; 1000. */
  readonly keep?: number;
  /** How many are deleted in one transaction at most; 1000. */
  readonly batch?: number;
  /** How many such transactions at most; 20. What is left is the business of the next call. */
  readonly batches?: number;
}

/**
 * Deletes the oldest covered triggers of a gateway, a bounded number in each of a bounded number of statements, so that
 * nobody who records a trigger waits for long.
 *
 * @returns how many were deleted
 */
export async function pruneTriggers(
  truth: Truth,
  gateway: string,
  { keep = 1_000, batch = 1_000, batches = 20 }: PruneTriggersOptions = {},
): Promise<number> {
  let pruned = 0;
  for (let done = 0; done < batches; done += 1) {
    const range = await oldestCovered(truth, gateway, { keep, batch });
    if (range === undefined) break;
    pruned += await deleteRange(truth, gateway, range, keep);
  }
  return pruned;
}

interface IdRange {
  readonly from: number;
  readonly to: number;
}

async function oldestCovered(
  truth: Truth,
  gateway: string,
  { keep, batch }: { readonly keep: number; readonly batch: number },
): Promise<IdRange | undefined> {
  const { rows } = await sql<{ oldest: number | null; covered: number | null }>`
    select (select min(id) from policy_triggers where gateway = ${gateway}) as oldest,
           (select covered from gateway_state where gateway = ${gateway}) as covered`.execute(truth.db);
  const { oldest, covered } = rows[0] ?? { oldest: null, covered: null };
  if (oldest === null || covered === null) return undefined;
  // Ids of a gateway have no holes but those of pruning, so a range of ids bounds the number of rows.
  const to = Math.min(oldest + batch - 1, covered - keep);
  return to < oldest ? undefined : { from: oldest, to };
}

/** Says again in the statement itself what may go: the range was read before it. */
async function deleteRange(
  truth: Truth,
  gateway: string,
  { from, to }: IdRange,
  keep: number,
): Promise<number> {
  const { numDeletedRows } = await truth.db
    .deleteFrom('policy_triggers')
    .where('gateway', '=', gateway)
    .where('id', '>=', from)
    .where('id', '<=', to)
    .where((eb) =>
      eb(
        'id',
        '<=',
        eb
          .selectFrom('gateway_state')
          .select(({ eb: inner }) => inner('covered', '-', keep).as('last'))
          .where('gateway_state.gateway', '=', gateway),
      ),
    )
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
