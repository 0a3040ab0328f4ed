/**
 * The number that says which reset came after which. A plan may be carried out long after a later one, and a clock may be
 * set back, so neither the id nor a time tells; who prunes all but the newest has to be right.
 */
import { isHoldfastError } from '@holdfast/base';
import type { ResetContext } from './reset-context.ts';
import { isResetId } from './reset-id.ts';
import { listTrash } from './trash-generation.ts';

/** One more than that of any reset in the trash, of every scope; within a scope its lock keeps two from being equal. */
export async function nextSequence({ port, root }: ResetContext): Promise<number> {
  let newest = 0;
  for (const generation of (await listTrash(port, root.trashPath, isResetId)).generations) {
    try {
      newest = Math.max(newest, (await generation.readJournal(port)).sequence);
    } catch (error) {
      if (!isHoldfastError(error)) throw error; // of another scope, which is at work on it or has to look at it
    }
  }
  return newest + 1;
}
