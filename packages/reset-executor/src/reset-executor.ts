/**
 * Resets guarded files as one action: planned without effect, carried out under the lock, resumed after a crash, undone.
 *
 * Files are moved into `.trash/ID` inside the directory, never deleted; only `prune` deletes. The rule of a crash: until
 * everything is prepared and the trash generation has its name, nothing guarded has been touched, and what is there is
 * swept. From that rename on, `resume` completes the reset; only when the system refuses that, it takes back all of it.
 * So afterwards all files are old or all are new. `execute` and `undo` resume first. Whoever guards the scope should do
 * so at start-up, before other writes: lock-free readers see single files change in the order of the plan, and between a
 * crash and the resume a mixture.
 *
 * A lost lock stops it before its next effect; the next holder's `resume` decides. A file that cannot be moved (another
 * mount, a link on the way) is refused before the first effect.
 *
 * Does not promise: protection from who writes without the lock or can write in the directory; that generations of a
 * document go on counting after its removal, or forward when an undo puts back the very bytes; owner and attributes of a
 * replaced file (a file that is put back keeps them).
 */
import { AtomicWriter } from '@holdfast/atomic-writer';
import { type Clock, type Held, HoldfastError, isHoldfastError, systemClock } from '@holdfast/base';
import { carryOut, type DraftFile, type ResetDraft } from './carry-out.ts';
import { findFile, isSameFile } from './found-file.ts';
import { GuardedRoot } from './guarded-root.ts';
import { type ListedReset, listResets, type SetAsideReset } from './list-resets.ts';
import { parsePlan } from './parse-plan.ts';
import { planFiles } from './plan-files.ts';
import { type PruneLimit, type PruneReport, pruneResets } from './prune-resets.ts';
import { type ResetContext, requireExclusive } from './reset-context.ts';
import { createResetId, isResetId, isResetIdOf } from './reset-id.ts';
import type { PlannedFile, ResetPlan, ResetRequest } from './reset-plan.ts';
import { nodeResetPort, type ResetPort } from './reset-port.ts';
import { type ResumeReport, resumeResets } from './resume-resets.ts';
import { TrashGeneration } from './trash-generation.ts';
import { inTurnOf } from './turn-of-hold.ts';
import { undoDraft } from './undo-draft.ts';

export interface ResetExecutorOptions {
  /** Of the guarded files; has to exist. */
  readonly directory: string;
  readonly clock?: Clock;
  /** The file system; tests make single calls fail. */
  readonly fs?: ResetPort;
}

export interface UndoOptions {
  /** Moves files that changed since the reset to the trash generation of the undo, instead of refusing. */
  readonly overwrite?: boolean;
}

export interface ResetReceipt {
  /** What `undo` takes. */
  readonly id: string;
  readonly files: readonly Pick<PlannedFile, 'path' | 'action'>[];
  /** False when there was nothing to do, so that there is nothing to undo. */
  readonly undoable: boolean;
  readonly tookMs: number;
}

export class ResetExecutor {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #port: ResetPort;
  readonly #writer: AtomicWriter;

  constructor(options: ResetExecutorOptions) {
    this.#directory = options.directory;
    this.#clock = options.clock ?? systemClock;
    this.#port = options.fs ?? nodeResetPort;
    this.#writer = new AtomicWriter({ durability: 'full', mode: 0o600, fs: this.#port });
  }

  /**
   * What `request` would do to the files as they are now. Takes no lock and writes nothing.
   *
   * @throws HoldfastError STATE_DIRECTORY - the directory is missing
   * @throws HoldfastError TARGET_REFUSED - a path leads out of the directory, through a link, or to what cannot be moved
   * @throws HoldfastError DOCUMENT_INVALID - a value has no JSON form
   * @throws HoldfastError DOCUMENT_NEWER - a document of a newer format or version would be replaced
   * @throws HoldfastError READ_FAILED
   */
  async plan({ reason, scope, actions }: ResetRequest): Promise<ResetPlan> {
    const root = new GuardedRoot(this.#port, this.#directory);
    const files = await planFiles(this.#port, root, actions);
    return { id: createResetId(scope, this.#clock.wallMs()), reason, scope, files };
  }

  /**
   * Carries out `plan`, all of it or nothing.
   *
   * @param held - an exclusive hold of the plan's scope
   * @throws HoldfastError RESET_STALE - a file is not what the plan says (`details.changed`); nothing was done
   * @throws HoldfastError LOCK_WRONG_SCOPE, LOCK_RELEASED, LOCK_LOST - lost on the way, it is left to the next `resume`
   * @throws HoldfastError WRITE_FAILED, TARGET_REFUSED, READ_FAILED, STATE_DIRECTORY - everything is as it was
   * @throws HoldfastError RESET_UNFINISHED - it is left to the next `resume`
   */
  async execute(plan: ResetPlan, held: Held): Promise<ResetReceipt> {
    const startMs = this.#clock.monotonicMs();
    requireExclusive(held, plan.scope);
    const { id, scope, reason, files } = parsePlan(plan);
    return await this.#underHold(held, async (context) => {
      await resumeResets(context);
      const draft = { id, scope, reason, files: await verifyFiles(context, id, files) };
      return await this.#carryOut(context, draft, startMs);
    });
  }

  /** Plans under the lock and carries out the plan: never stale. @throws as `plan` and `execute` */
  async reset(request: ResetRequest, held: Held): Promise<ResetReceipt> {
    requireExclusive(held, request.scope);
    await this.resume(held);
    return await this.execute(await this.plan(request), held);
  }

  /**
   * Heals what a holder of this scope left unfinished. Belongs at the start of whoever guards the scope.
   *
   * @throws HoldfastError RESET_UNFINISHED, RESET_DAMAGED - of the first that could not be healed; `setAside` is the last
   *   way out
   */
  async resume(held: Held): Promise<ResumeReport> {
    return await this.#underHold(held, resumeResets);
  }

  /**
   * Takes the reset `id` back. An undo is a reset: its receipt names an id of its own, with which it can be undone.
   *
   * @throws HoldfastError RESET_UNKNOWN - there is no such reset (any more)
   * @throws HoldfastError RESET_CONFLICT - files changed since; nothing was done
   * @throws as `execute`
   */
  async undo(id: string, held: Held, options: UndoOptions = {}): Promise<ResetReceipt> {
    const startMs = this.#clock.monotonicMs();
    return await this.#underHold(held, async (context) => {
      await resumeResets(context);
      const generation = knownGeneration(context, id);
      const journal = await generation.readJournal(this.#port);
      const draft = await undoDraft(context, generation, journal, options.overwrite ?? false);
      return await this.#carryOut(context, draft, startMs);
    });
  }

  /**
   * Gives up a reset that stops its scope: its journal is damaged, or it can go neither forward nor back. All of its trash
   * generation stays under another name, for people to look at and delete; the guarded files stay as they are, perhaps some
   * old and some new.
   *
   * @throws HoldfastError RESET_UNKNOWN - there is no such reset (any more)
   * @throws HoldfastError USAGE - it is complete: undo or prune it
   * @throws HoldfastError LOCK_WRONG_SCOPE, LOCK_RELEASED, LOCK_LOST, WRITE_FAILED
   */
  async setAside(id: string, held: Held): Promise<Omit<SetAsideReset, 'status'>> {
    return await this.#underHold(held, async (context) => {
      const generation = knownGeneration(context, id);
      await requireIncomplete(context, generation);
      return { id, directory: await generation.setAside(context) };
    });
  }

  /** The resets in the trash, of every scope, newest first. Takes no lock. */
  async list(): Promise<readonly ListedReset[]> {
    const root = new GuardedRoot(this.#port, this.#directory);
    if (!root.hasTrash()) return [];
    return await listResets(this.#port, root.trashPath, this.#clock.wallMs());
  }

  /** Deletes trash generations of the hold's scope for good. Never an unfinished one. */
  async prune(limit: PruneLimit, held: Held): Promise<PruneReport> {
    return await this.#underHold(held, (context) => pruneResets(context, limit));
  }

  async #underHold<Result>(held: Held, task: (context: ResetContext) => Promise<Result>): Promise<Result> {
    requireExclusive(held, held?.scope);
    return await inTurnOf(held, async () => {
      const root = new GuardedRoot(this.#port, this.#directory);
      return await task({ port: this.#port, root, writer: this.#writer, clock: this.#clock, held });
    });
  }

  async #carryOut(context: ResetContext, draft: ResetDraft, startMs: number): Promise<ResetReceipt> {
    const files = draft.files.map(({ path, action }) => ({ path, action }));
    const undoable = files.some(({ action }) => action !== 'absent');
    if (undoable) await carryOut(context, draft);
    return { id: draft.id, files, undoable, tookMs: this.#clock.monotonicMs() - startMs };
  }
}

/** Looks again, under the lock. */
async function verifyFiles(
  { port, root }: ResetContext,
  id: string,
  files: readonly PlannedFile[],
): Promise<readonly DraftFile[]> {
  const drafts: DraftFile[] = [];
  const changed: { path: string; planned: string; found: string }[] = [];
  for (const { path, action, before, content } of files) {
    const found = await findFile(port, root.locate(path));
    if (!isSameFile(found, before)) changed.push({ path, planned: before.kind, found: found.kind });
    if (content === undefined) drafts.push({ path, action, before });
    else {
      root.requireDirectoryOf(path);
      const bytes = Buffer.from(content.data, content.encoding);
      drafts.push({ path, action, before, content: { bytes, mode: content.mode & 0o777 } });
    }
  }
  if (changed.length === 0) return drafts;
  const paths = changed.map(({ path }) => path).join(', ');
  throw new HoldfastError('RESET_STALE', `${paths} changed since the reset was planned`, {
    details: { id, changed },
  });
}

async function requireIncomplete({ port }: ResetContext, generation: TrashGeneration): Promise<void> {
  const { id } = generation;
  try {
    if ((await generation.readJournal(port)).phase !== 'done') return;
  } catch (error) {
    if (isHoldfastError(error)) return; // what cannot be read is what this is for
    throw error;
  }
  throw new HoldfastError('USAGE', `the reset ${id} is complete, so it stands in nobody's way`, {
    details: { id },
  });
}

function knownGeneration({ port, root, held }: ResetContext, id: string): TrashGeneration {
  const generation = new TrashGeneration(root.trashPath, isResetId(id) ? id : 'none');
  if (!isResetId(id) || !generation.isThere(port)) {
    throw new HoldfastError('RESET_UNKNOWN', `there is no reset ${JSON.stringify(id)}`, { details: { id } });
  }
  if (isResetIdOf(held.scope, id)) return generation;
  throw new HoldfastError('LOCK_WRONG_SCOPE', `the reset ${id} is not of ${held.scope}`, {
    details: { given: held.scope, id },
  });
}
