/**
 * Heals what a dead or failed holder of a scope left: disposable directories are deleted, committed resets completed or
 * taken back. The lock is the proof that nobody is at work on them.
 */
import { isHoldfastError } from '@holdfast/base';
import { complete } from './carry-out.ts';
import { damagedJournal } from './parse-journal.ts';
import type { ResetContext } from './reset-context.ts';
import { isLockGone } from './reset-failure.ts';
import { listTrash, ofScope, type TrashGeneration } from './trash-generation.ts';

export interface ResumeReport {
  /** Ids of resets that are now in effect. */
  readonly completed: readonly string[];
  /** Resets that could not be completed: everything is as it was before them. */
  readonly takenBack: readonly { readonly id: string; readonly reason: unknown }[];
  /** Ids of preparations and remains that were deleted. */
  readonly swept: readonly string[];
}

/**
 * @throws HoldfastError RESET_UNFINISHED, RESET_DAMAGED, READ_FAILED - of the first that could not be healed; the
 *   others were
 * @throws HoldfastError LOCK_LOST, LOCK_RELEASED
 */
export async function resumeResets(context: ResetContext): Promise<ResumeReport> {
  const { port, root, held } = context;
  if (!root.hasTrash()) return { completed: [], takenBack: [], swept: [] };
  const contents = await listTrash(port, root.trashPath, ofScope(held.scope));
  const swept = await sweep(context, contents.disposable);
  const outcomes: Outcome[] = [];
  for (const generation of contents.generations) outcomes.push(await resumeOne(context, generation));
  for (const outcome of outcomes) if (outcome.kind === 'failed') throw outcome.reason;
  return {
    completed: outcomes.filter(({ kind }) => kind === 'completed').map(({ id }) => id),
    takenBack: outcomes.flatMap((each) =>
      each.kind === 'taken-back' ? [{ id: each.id, reason: each.reason }] : [],
    ),
    swept,
  };
}

/** Deletes what is disposable. @returns the ids; what could not be deleted stays for the next time */
export async function sweep(
  context: ResetContext,
  generations: readonly TrashGeneration[],
): Promise<readonly string[]> {
  const swept: string[] = [];
  for (const generation of generations) {
    try {
      await generation.dispose(context);
      swept.push(generation.id);
    } catch (error) {
      if (!isHoldfastError(error)) throw error;
    }
  }
  return swept;
}

type Outcome =
  | { readonly kind: 'completed' | 'done'; readonly id: string }
  | { readonly kind: 'taken-back' | 'failed'; readonly id: string; readonly reason: unknown };

async function resumeOne(context: ResetContext, generation: TrashGeneration): Promise<Outcome> {
  const { id } = generation;
  let isUnderstood = false;
  try {
    const journal = await generation.readJournal(context.port);
    requireScope(journal.scope, context.held.scope, generation);
    isUnderstood = true;
    if (journal.phase === 'done') return { kind: 'done', id };
    await context.held.fence();
    await context.writer.sweepOrphans(generation.directory); // of a journal that was being closed
    await complete(context, generation, journal);
    return { kind: 'completed', id };
  } catch (reason) {
    if (isLockGone(reason) || context.held.signal.aborted) throw reason;
    const isTakenBack = isUnderstood && !isHoldfastError(reason, 'RESET_UNFINISHED');
    return { kind: isTakenBack ? 'taken-back' : 'failed', id, reason };
  }
}

function requireScope(found: string, held: string, generation: TrashGeneration): void {
  if (found === held) return;
  throw damagedJournal(generation.journalPath(), generation.id, `it is of ${found}, not of ${held}`);
}
