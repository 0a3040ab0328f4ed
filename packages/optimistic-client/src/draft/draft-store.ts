/**
 * Writes drafts at most every 300 ms, and at once when asked; in the order in which they were made, so that none comes back after
 * it was deleted. Nothing here rejects: a storage that fails is told to `onProblem`, and whoever types goes on.
 */
import type { RecordSchema } from '../merge/record-schema.ts';
import type { RecordKey } from '../record/snapshot.ts';
import {
  asDraft,
  type Draft,
  type DraftName,
  type DraftOwner,
  discardedKey,
  draftKey,
  isExpired,
  withoutDraftSecrets,
} from './draft.ts';
import type { DraftStorage } from './draft-storage.ts';

/** Time, as it is passed in. */
export interface DraftTiming {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;
  /** Runs `task` once, after `ms`; the result cancels it. */
  after(ms: number, task: () => void): () => void;
}

export interface DraftStoreOptions {
  readonly storage: DraftStorage;
  readonly timing: DraftTiming;
  /** Of a kind of record: which fields are secrets. */
  readonly schemaOf: (kind: string) => RecordSchema;
  /** A storage that is full, forbidden or broken. */
  readonly onProblem?: (problem: { readonly doing: 'read' | 'write'; readonly cause: unknown }) => void;
}

/** Between two writes, in milliseconds. */
const writeEveryMs = 300;

export type UnsavedDraft = Omit<Draft, 'savedAt'>;

export class DraftStore {
  readonly #options: DraftStoreOptions;
  /** What is not written yet; undefined where it has to be deleted. */
  readonly #unwritten = new Map<string, Draft | undefined>();
  #queue: Promise<unknown> = Promise.resolve();
  #cancelTimer: (() => void) | undefined;

  constructor(options: DraftStoreOptions) {
    this.#options = options;
  }

  /** Keeps it within 300 ms. */
  save(draft: UnsavedDraft): void {
    const { timing, schemaOf } = this.#options;
    const kept = withoutDraftSecrets(schemaOf(draft.kind), { ...draft, savedAt: timing.nowMs() });
    const { discardedAt } = draft;
    this.#unwritten.set(discardedAt === undefined ? draftKey(draft) : discardedKey(draft), kept);
    this.#cancelTimer ??= timing.after(writeEveryMs, () => {
      this.#cancelTimer = undefined;
      void this.flush();
    });
  }

  /**
   * Keeps it now. To be waited for before a request is sent: then a reload at any later moment finds the id.
   *
   * @returns whether it is kept; the request may be sent all the same
   */
  saveNow(draft: UnsavedDraft): Promise<boolean> {
    this.save(draft);
    return this.flush();
  }

  /** Writes what is not written: when a page is hidden, too. */
  flush(): Promise<boolean> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const unwritten = [...this.#unwritten];
    this.#unwritten.clear();
    for (const [key, draft] of unwritten) this.#stash(key, draft);
    return this.#inOrder(async () => {
      const results = await Promise.all(unwritten.map(([key, draft]) => this.#write(key, draft)));
      return results.every((isWritten) => isWritten);
    });
  }

  /** Deletes it: the server has what was in it. */
  async remove(draft: DraftName): Promise<void> {
    this.#unwritten.set(draftKey(draft), undefined);
    await this.flush();
  }

  /** Takes it out of the way; for ten minutes `undoDiscard` has it back, across reloads too. */
  async discard(draft: UnsavedDraft): Promise<void> {
    this.save({ ...draft, discardedAt: this.#options.timing.nowMs() });
    this.#unwritten.set(draftKey(draft), undefined);
    await this.flush();
  }

  /** @returns the draft, as it is again; undefined when it is too late */
  async undoDiscard(draft: DraftName): Promise<Draft | undefined> {
    const drafts = await this.list(draft);
    const found = drafts.find(({ discardedAt, tabId }) => discardedAt !== undefined && tabId === draft.tabId);
    if (found === undefined) return undefined;
    const { discardedAt: _discardedAt, ...restored } = found;
    this.save(restored);
    this.#unwritten.set(discardedKey(draft), undefined);
    await this.flush();
    return restored;
  }

  /** All of this user, discarded ones too. What is too old, or cannot be read, is deleted on the way. */
  async list(owner: DraftOwner & Partial<RecordKey>): Promise<readonly Draft[]> {
    await this.flush();
    const nowMs = this.#options.timing.nowMs();
    const drafts = (await this.#read()).map(({ key, stored }) => ({ key, draft: asDraft(stored) }));
    const dead = drafts.filter(({ draft }) => draft === undefined || isExpired(draft, nowMs));
    for (const { key } of dead) this.#unwritten.set(key, undefined);
    if (dead.length > 0) await this.flush();
    const isWanted = (draft: Draft) =>
      draft.profile === owner.profile &&
      draft.user === owner.user &&
      (owner.kind === undefined || draft.kind === owner.kind) &&
      (owner.id === undefined || draft.id === owner.id);
    return drafts.flatMap(({ draft }) =>
      draft === undefined || isExpired(draft, nowMs) || !isWanted(draft) ? [] : [draft],
    );
  }

  /** Deletes all of this user: they logged out, and did not want to keep them. */
  async purge(owner: DraftOwner): Promise<void> {
    for (const draft of await this.list(owner)) {
      this.#unwritten.set(draftKey(draft), undefined);
      this.#unwritten.set(discardedKey(draft), undefined);
    }
    await this.flush();
  }

  #stash(key: string, draft: Draft | undefined): void {
    try {
      this.#options.storage.stash?.(key, draft);
    } catch (cause) {
      this.#tell('write', cause);
    }
  }

  async #write(key: string, draft: Draft | undefined): Promise<boolean> {
    const { storage } = this.#options;
    try {
      await (draft === undefined ? storage.delete(key) : storage.put(key, draft));
      return true;
    } catch (cause) {
      this.#tell('write', cause);
      return false;
    }
  }

  async #read() {
    try {
      return await this.#inOrder(() => this.#options.storage.list());
    } catch (cause) {
      this.#tell('read', cause);
      return [];
    }
  }

  /** One after the other: an older write must not land after a newer one. */
  #inOrder<Result>(task: () => Promise<Result>): Promise<Result> {
    const run = this.#queue.then(task);
    this.#queue = run.catch(() => undefined);
    return run;
  }

  #tell(doing: 'read' | 'write', cause: unknown): void {
    this.#options.onProblem?.({ doing, cause });
  }
}
