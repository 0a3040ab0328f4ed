/**
 * The order of effects of a reset. Prepare everything in a disposable directory (second names of what is replaced, all
 * new content, the journal), commit by one rename, then file by file, flush, and close the journal. A full disk is
 * therefore met before anything guarded is touched, and what is left after the commit are renames.
 */
import { dirname } from 'node:path';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { HoldfastError } from '@holdfast/base';
import { createTrash } from './create-trash.ts';
import { absent, type FoundFile, findFile, isSameFile } from './found-file.ts';
import { keepCopy } from './keep-copy.ts';
import { flushDirectory, type ResetContext } from './reset-context.ts';
import { attempt, isLockGone } from './reset-failure.ts';
import type { JournalFile, ResetJournal } from './reset-journal.ts';
import { nextSequence } from './reset-sequence.ts';
import { ResetStep } from './reset-step.ts';
import { TrashGeneration, type TrashPlaces } from './trash-generation.ts';

/** A file with what it was found to be under the lock. */
export interface DraftFile {
  readonly path: string;
  readonly action: JournalFile['action'];
  readonly before: FoundFile;
  /** Of 'replace': bytes, or a file of the trash to be put back. */
  readonly content?:
    | { readonly bytes: Uint8Array; readonly mode: number }
    | { readonly keptAt: string; readonly found: FoundFile };
}

export interface ResetDraft extends Pick<ResetJournal, 'id' | 'scope' | 'reason'> {
  readonly undoes?: string;
  readonly files: readonly DraftFile[];
}

/**
 * @throws HoldfastError LOCK_LOST, LOCK_RELEASED - it stopped where it was; a later `resume` decides
 * @throws HoldfastError RESET_UNFINISHED - it could be neither completed nor taken back
 * @throws HoldfastError WRITE_FAILED and others - nothing has changed
 */
export async function carryOut(context: ResetContext, draft: ResetDraft): Promise<ResetJournal> {
  await context.held.fence();
  await createTrash(context);
  const generation = new TrashGeneration(context.root.trashPath, draft.id);
  if (generation.isThere(context.port)) {
    throw new HoldfastError('RESET_STALE', `${draft.id} was carried out already`, {
      details: { id: draft.id },
    });
  }
  const journal = await prepare(context, generation, draft);
  return await complete(context, generation, journal, () => generation.commit(context));
}

/**
 * Brings a committed reset to its end: forward, and if the system refuses that, back.
 *
 * @param begin - a first step of it
 * @throws as `carryOut`
 */
export async function complete(
  context: ResetContext,
  generation: TrashGeneration,
  journal: ResetJournal,
  begin: () => Promise<void> = async () => undefined,
): Promise<ResetJournal> {
  try {
    await begin();
    for (const step of stepsOf(context, generation, journal)) await step.forward();
    await flushAll(context, generation, journal);
  } catch (cause) {
    if (isGone(context, cause)) throw cause;
    await takeBack(context, generation, journal, cause);
    throw cause;
  }
  return await close(context, generation, journal);
}

async function prepare(
  context: ResetContext,
  generation: TrashGeneration,
  draft: ResetDraft,
): Promise<ResetJournal> {
  const { disposable } = generation;
  try {
    attempt('created', disposable, () => context.port.makeDirectory(disposable));
    const files: JournalFile[] = [];
    for (const [index, file] of draft.files.entries()) {
      files.push(await prepareFile(context, file, generation.placesOf(index, disposable)));
    }
    const atMs = context.clock.wallMs();
    const sequence = await nextSequence(context);
    const journal: ResetJournal = { ...draft, phase: 'committed', atMs, sequence, files };
    await generation.writeJournal(context, journal, disposable);
    return journal;
  } catch (error) {
    await generation.dispose(context).catch(() => undefined); // the failure that led here is the one to report
    throw error;
  }
}

async function prepareFile(
  context: ResetContext,
  file: DraftFile,
  places: TrashPlaces,
): Promise<JournalFile> {
  const { path, action, before, content } = file;
  if (action !== 'replace' || content === undefined) return { path, action, before, after: absent };
  if (before.kind !== 'absent') await keepCopy(context, context.root.locate(path), places.old);
  if ('keptAt' in content) {
    await keepCopy(context, content.keptAt, places.staged);
    return { path, action, before, after: content.found };
  }
  const { mode } = content;
  const writer = new AtomicWriter({ durability: 'file', mode, fs: context.port });
  const { bytes, sha256 } = await writer.write(places.staged, content.bytes, { held: context.held });
  return { path, action, before, after: { kind: 'file', sizeBytes: bytes, mode, sha256 } };
}

async function takeBack(
  context: ResetContext,
  generation: TrashGeneration,
  journal: ResetJournal,
  reason: unknown,
): Promise<void> {
  try {
    if (generation.isThere(context.port)) await reverse(context, generation, journal);
  } catch (cause) {
    if (isGone(context, cause)) throw cause;
    throw unfinished(journal, new AggregateError([reason, cause], 'neither forward nor back'));
  }
  await generation.dispose(context).catch(() => undefined); // swept later
}

async function reverse(
  context: ResetContext,
  generation: TrashGeneration,
  journal: ResetJournal,
): Promise<void> {
  for (const step of stepsOf(context, generation, journal).toReversed()) await step.back();
  await flushAll(context, generation, journal);
  await generation.forsake(context);
}

/** All effects are in place from here on: what fails now is completed by the next resume. */
async function close(
  context: ResetContext,
  generation: TrashGeneration,
  journal: ResetJournal,
): Promise<ResetJournal> {
  try {
    const files: JournalFile[] = [];
    for (const [index, file] of journal.files.entries()) {
      const kept = await findFile(context.port, generation.placesOf(index).old);
      // What cannot be read now is still what was read under the lock; an undo looks again.
      const isKnown = isSameFile(kept, file.before) || kept.kind === 'unreadable';
      files.push(isKnown ? file : { ...file, before: kept });
    }
    const done: ResetJournal = { ...journal, phase: 'done', atMs: context.clock.wallMs(), files };
    await generation.writeJournal(context, done);
    return done;
  } catch (cause) {
    if (isGone(context, cause)) throw cause;
    throw unfinished(journal, cause);
  }
}

function stepsOf(
  context: ResetContext,
  generation: TrashGeneration,
  { files }: ResetJournal,
): readonly ResetStep[] {
  return files.map((file, index) => new ResetStep(context, file, generation.placesOf(index)));
}

/** The trash first: after a power cut a file is there, at its path, or in both, never in neither. */
async function flushAll(
  context: ResetContext,
  generation: TrashGeneration,
  { files }: ResetJournal,
): Promise<void> {
  await flushDirectory(context, generation.directory);
  const changed = files.filter(({ action }) => action !== 'absent');
  const directories = new Set(changed.map(({ path }) => dirname(context.root.locate(path))));
  for (const directory of directories) await flushDirectory(context, directory);
}

function isGone({ held }: ResetContext, error: unknown): boolean {
  return isLockGone(error) || (held.signal.aborted && error === held.signal.reason);
}

function unfinished({ id, scope }: ResetJournal, cause: unknown): HoldfastError {
  return new HoldfastError(
    'RESET_UNFINISHED',
    `the reset ${id} of ${scope} is neither complete nor taken back`,
    {
      cause,
      details: { id, scope },
    },
  );
}
