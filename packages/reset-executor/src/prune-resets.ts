/**
 * Deletes trash generations for good. Never one that is unfinished or cannot be read, and never one that an unfinished
 * undo puts back: age alone is no reason. What was set aside is not its business.
 */
import { HoldfastError, isHoldfastError } from '@holdfast/base';
import { type ListedReset, listResets, type SetAsideReset } from './list-resets.ts';
import type { ResetContext } from './reset-context.ts';
import { isLockGone } from './reset-failure.ts';
import { sweep } from './resume-resets.ts';
import { listTrash, ofScope, TrashGeneration } from './trash-generation.ts';

/** Which generations may go: the older ones, or all but the newest. */
export type PruneLimit = { readonly olderThanMs: number } | { readonly keep: number };

export interface PruneReport {
  readonly removed: readonly string[];
  /** Bytes of the files in them. */
  readonly bytes: number;
  readonly kept: readonly {
    readonly id: string;
    /** 'recent' by the limit; 'needed' by an unfinished undo; 'refused' by the system. */
    readonly reason: 'recent' | 'unfinished' | 'damaged' | 'needed' | 'refused';
  }[];
}

/** @throws HoldfastError USAGE - the limit is no number; LOCK_LOST, LOCK_RELEASED, READ_FAILED */
export async function pruneResets(context: ResetContext, limit: PruneLimit): Promise<PruneReport> {
  const { port, root, held, clock } = context;
  requireLimit(limit);
  const report = { removed: [] as string[], bytes: 0, kept: [] as PruneReport['kept'][number][] };
  if (!root.hasTrash()) return report;
  const isMine = ofScope(held.scope);
  await sweep(context, (await listTrash(port, root.trashPath, isMine)).disposable);
  const listed = await listResets(port, root.trashPath, clock.wallMs(), isMine);
  const resets = listed.filter((reset) => reset.status !== 'set-aside');
  // Oldest first, so that a crash leaves no undo without what it undid.
  for (const [index, reset] of [...resets.entries()].toReversed()) {
    const reason = reasonToKeep(reset, index, limit, resets) ?? (await remove(context, reset.id));
    if (reason !== undefined) report.kept.push({ id: reset.id, reason });
    else {
      report.removed.push(reset.id);
      report.bytes += reset.status === 'damaged' ? 0 : reset.bytes;
    }
  }
  return report;
}

type PrunableReset = Exclude<ListedReset, SetAsideReset>;

function reasonToKeep(
  reset: PrunableReset,
  index: number,
  limit: PruneLimit,
  all: readonly PrunableReset[],
): PruneReport['kept'][number]['reason'] | undefined {
  if (reset.status === 'damaged' || reset.status === 'unfinished') return reset.status;
  if (all.some((other) => other.status === 'unfinished' && other.undoes === reset.id)) return 'needed';
  const mayGo = 'keep' in limit ? index >= limit.keep : reset.ageMs >= limit.olderThanMs;
  return mayGo ? undefined : 'recent';
}

/** By one rename out of the list of generations, then at leisure. */
async function remove(context: ResetContext, id: string): Promise<'refused' | undefined> {
  const generation = new TrashGeneration(context.root.trashPath, id);
  try {
    await generation.forsake(context);
    await generation.dispose(context);
    return undefined;
  } catch (error) {
    if (isLockGone(error) || !isHoldfastError(error) || context.held.signal.aborted) throw error;
    return 'refused';
  }
}

function requireLimit(limit: PruneLimit): void {
  const value = 'keep' in limit ? limit.keep : limit.olderThanMs;
  if (typeof value === 'number' && value >= 0 && ('olderThanMs' in limit || Number.isInteger(value))) return;
  throw new HoldfastError('USAGE', `resets cannot be pruned by ${JSON.stringify(limit)}`, {
    details: { limit },
  });
}
