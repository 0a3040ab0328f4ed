/** What lies in the trash, for people and for undo. Takes no lock: what is renamed meanwhile may be missing. */
import type { TriggerReason } from '@holdfast/action-plan';
import { isHoldfastError } from '@holdfast/base';
import { isResetId } from './reset-id.ts';
import type { ResetJournal } from './reset-journal.ts';
import type { ResetPort } from './reset-port.ts';
import { listTrash, type TrashGeneration } from './trash-generation.ts';

export type ListedReset =
  | {
      readonly id: string;
      /** 'undone': a later reset took it back; its files are kept all the same. 'unfinished': resume it. */
      readonly status: 'undoable' | 'undone' | 'unfinished';
      readonly scope: string;
      readonly reason: TriggerReason;
      /** Since it was committed or done. */
      readonly ageMs: number;
      /** Of the files in the trash. */
      readonly bytes: number;
      readonly files: readonly string[];
      readonly undoes?: string;
    }
  | { readonly id: string; readonly status: 'damaged'; readonly problem: string }
  | SetAsideReset;

/** Evidence, left to people: nothing here reads or deletes it any more. */
export interface SetAsideReset {
  readonly id: string;
  readonly status: 'set-aside';
  readonly directory: string;
}

/** Newest first, and last what is damaged or was set aside. @throws HoldfastError READ_FAILED */
export async function listResets(
  port: ResetPort,
  trashPath: string,
  nowMs: number,
  isMine: (id: string) => boolean = isResetId,
): Promise<readonly ListedReset[]> {
  const { generations, setAside } = await listTrash(port, trashPath, isMine);
  const entries: (ResetJournal | Extract<ListedReset, { status: 'damaged' }>)[] = [];
  for (const generation of generations) {
    const entry = await readEntry(port, generation);
    if (entry !== undefined) entries.push(entry);
  }
  const undone = new Set(
    entries.map((entry) => ('phase' in entry && entry.phase === 'done' ? entry.undoes : undefined)),
  );
  const sequenceOf = (entry: (typeof entries)[number]) => ('phase' in entry ? entry.sequence : 0);
  const listed = entries
    .toReversed()
    .toSorted((one, other) => sequenceOf(other) - sequenceOf(one))
    .map((entry) => ('phase' in entry ? describe(entry, nowMs, undone.has(entry.id)) : entry));
  return [...listed, ...setAside.map((each) => ({ ...each, status: 'set-aside' as const }))];
}

async function readEntry(port: ResetPort, generation: TrashGeneration) {
  try {
    return await generation.readJournal(port);
  } catch (error) {
    if (!generation.isThere(port)) return undefined; // pruned or taken back meanwhile
    if (!isHoldfastError(error)) throw error;
    return { id: generation.id, status: 'damaged' as const, problem: error.message };
  }
}

function describe(journal: ResetJournal, nowMs: number, isUndone: boolean): ListedReset {
  const { id, scope, reason, phase, atMs, files, undoes } = journal;
  const finished = isUndone ? 'undone' : 'undoable';
  return {
    id,
    status: phase === 'done' ? finished : 'unfinished',
    scope,
    reason,
    ageMs: nowMs - atMs,
    bytes: files.reduce((sum, { before }) => sum + (before.kind === 'absent' ? 0 : before.sizeBytes), 0),
    files: files.map(({ path }) => path),
    ...(undoes === undefined ? {} : { undoes }),
  };
}
