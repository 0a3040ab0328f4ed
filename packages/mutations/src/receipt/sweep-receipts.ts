/**
 * Forgets old receipts. A mutation whose receipt is gone would be done again, so the time they are kept is published to
 * clients, and is longer than any of them goes on trying.
 */
import { encodeTime, type Truth, type UtcTime } from '@holdfast/truth-db';

/** How long a receipt is kept at least: 24 hours, in milliseconds. */
export const receiptTtlMs = 86_400_000;

export interface SweepReceipts {
  /** Now, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** How many are deleted in one transaction, about; 500. Mutations wait for one of them at most. */
  readonly batch?: number;
  /** How many such transactions at most; 20. What is left is the business of the next call. */
  readonly batches?: number;
  readonly signal?: AbortSignal;
}

/**
 * Deletes receipts that are older than 24 hours, the oldest first.
 *
 * @returns how many
 */
export async function sweepReceipts(
  truth: Truth,
  { at, batch = 500, batches = 20, signal }: SweepReceipts,
): Promise<number> {
  const before = encodeTime(Math.max(0, at - receiptTtlMs));
  let swept = 0;
  for (let done = 0; done < batches && signal?.aborted !== true; done += 1) {
    const last = await lastOfBatch(truth, before, batch);
    if (last === undefined) break;
    swept += await deleteUpTo(truth, last);
  }
  return swept;
}

/** When the last of the oldest `batch` was written. */
async function lastOfBatch(truth: Truth, before: UtcTime, batch: number): Promise<UtcTime | undefined> {
  const rows = await truth.db
    .selectFrom('mutation_receipts')
    .select('created_at')
    .where('created_at', '<', before)
    .orderBy('created_at')
    .limit(batch)
    .execute();
  return rows.at(-1)?.created_at;
}

async function deleteUpTo(truth: Truth, last: UtcTime): Promise<number> {
  const { numDeletedRows } = await truth.db
    .deleteFrom('mutation_receipts')
    .where('created_at', '<=', last)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
