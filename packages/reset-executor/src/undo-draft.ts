/**
 * The reset that takes a reset back: what lies in the trash is put back, what the reset put there goes to a trash
 * generation of its own. In the opposite order of effects, so that a document is back before its last good generation.
 */
import { HoldfastError } from '@holdfast/base';
import type { DraftFile, ResetDraft } from './carry-out.ts';
import { type FoundFile, findFile, isSameFile } from './found-file.ts';
import type { ResetContext } from './reset-context.ts';
import { createResetId } from './reset-id.ts';
import type { JournalFile, ResetJournal } from './reset-journal.ts';
import type { TrashGeneration } from './trash-generation.ts';

/**
 * @param overwrite - whether files that changed since the reset are moved aside, rather than the undo refused
 * @throws HoldfastError RESET_CONFLICT - `details.changed` lists them
 * @throws HoldfastError DOCUMENT_INVALID - a file in the trash is not what was put there
 */
export async function undoDraft(
  context: ResetContext,
  generation: TrashGeneration,
  journal: ResetJournal,
  overwrite: boolean,
): Promise<ResetDraft> {
  const files: DraftFile[] = [];
  const changed: string[] = [];
  for (const [index, file] of [...journal.files.entries()].toReversed()) {
    const { old } = generation.placesOf(index);
    const present = await findFile(context.port, context.root.locate(file.path));
    if (!isSameFile(present, file.after)) changed.push(file.path);
    if (file.before.kind !== 'absent') await requireIntact(context, old, file);
    files.push(inverse(context, file, present, old));
  }
  if (changed.length > 0 && !overwrite) {
    throw new HoldfastError('RESET_CONFLICT', `${changed.join(', ')} changed since the reset ${journal.id}`, {
      details: { id: journal.id, changed },
    });
  }
  const { id: undoes, scope } = journal;
  const id = createResetId(scope, context.clock.wallMs());
  return { id, scope, reason: { kind: 'undo', scope, subject: undoes }, undoes, files };
}

function inverse(context: ResetContext, file: JournalFile, present: FoundFile, old: string): DraftFile {
  const { path, before } = file;
  if (before.kind === 'absent') {
    return { path, action: present.kind === 'absent' ? 'absent' : 'remove', before: present };
  }
  context.root.requireDirectoryOf(path);
  return { path, action: 'replace', before: present, content: { keptAt: old, found: before } };
}

async function requireIntact(
  context: ResetContext,
  old: string,
  { path, before }: JournalFile,
): Promise<void> {
  if (isSameFile(await findFile(context.port, old), before)) return;
  throw new HoldfastError('DOCUMENT_INVALID', `${old}, which was ${path}, is damaged or missing`, {
    details: { path, kept: old },
  });
}
