/** A sweep of a table in transactions of a bounded size, so that nobody who wants one of its rows waits for long. */
import type { SweepOptions } from '../documents/keyed-documents.ts';

/** Rows of one step at the most. */
export const sweptAtOnce = 1_000;

/**
 * @param step - removes up to `sweptAtOnce` of what is over, in a transaction of its own; answers how many
 * @throws the reason of the signal; what was swept stays so
 */
export async function sweepInSteps(
  step: () => Promise<number>,
  { signal, onProgress }: SweepOptions = {},
): Promise<{ readonly removed: number }> {
  for (let removed = 0; ; onProgress?.({ done: removed, total: removed })) {
    signal?.throwIfAborted();
    const some = await step();
    removed += some;
    if (some < sweptAtOnce) return { removed };
  }
}
