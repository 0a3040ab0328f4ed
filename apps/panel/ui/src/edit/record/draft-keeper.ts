/** The draft of one editor: kept, dropped, discarded for a while, found again when the record is opened. */
import { chooseDraft, type Draft, type UnsavedDraft } from '@holdfast/optimistic-client';
import type { DraftContents } from './editor-draft.ts';
import type { EditorPorts } from './editor-ports.ts';
import type { RecordPart } from './record-part.ts';

/** Nobody waits longer for a disk than for a save. */
const patienceMs = 1_000;

export interface FoundDraft {
  readonly draft: Draft | undefined;
  /** Drafts of other tabs that are open. */
  readonly elsewhere: number;
}

export class DraftKeeper {
  readonly #part: RecordPart;
  readonly #id: string;
  readonly #ports: EditorPorts;
  #kept: DraftContents | undefined;

  constructor(part: RecordPart, id: string, ports: EditorPorts) {
    this.#part = part;
    this.#id = id;
    this.#ports = ports;
  }

  /** Within 300 ms. Nothing to keep: deletes it. */
  keep(contents: DraftContents | undefined): void {
    if (contents === undefined) this.drop();
    else this.#ports.drafts.save(this.#draftOf(contents));
  }

  /** Settles when it is on disk, or cannot be, or the disk does not answer: the request goes all the same. */
  keepNow(contents: DraftContents): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#ports.after(patienceMs, resolve);
      void this.#ports.drafts.saveNow(this.#draftOf(contents)).then(() => {
        cancel();
        resolve();
      });
    });
  }

  drop(): void {
    if (this.#kept === undefined) return;
    this.#kept = undefined;
    void this.#ports.drafts.remove(this.#name());
  }

  /** What was kept last. */
  discard(): void {
    if (this.#kept === undefined) return;
    void this.#ports.drafts.discard(this.#draftOf(this.#kept));
    this.#kept = undefined;
  }

  /** Undefined when it is too late. */
  undoDiscard(): Promise<Draft | undefined> {
    return this.#ports.drafts.undoDiscard(this.#name());
  }

  /** Of this tab, or the newest of a closed one, which becomes this tab's; else one that was discarded here. */
  async find(): Promise<FoundDraft> {
    const { drafts, presence, owner, tabId } = this.#ports;
    const all = await drafts.list({ ...owner, kind: this.#part.name, id: this.#id });
    const { own, elsewhere } = await chooseDraft(presence, all, tabId);
    const discarded = all.find((draft) => draft.discardedAt !== undefined && draft.tabId === tabId);
    if (own === undefined || own.tabId === tabId) {
      return { draft: this.#found(own ?? discarded), elsewhere: elsewhere.length };
    }
    // Of two tabs that are opened at once one gets it.
    if (!(await presence.claim(own.tabId))) {
      return { draft: this.#found(discarded), elsewhere: elsewhere.length + 1 };
    }
    const { savedAt: _savedAt, ...unsaved } = own;
    await drafts.saveNow({ ...unsaved, tabId });
    await drafts.remove(own);
    return { draft: this.#found({ ...own, tabId }), elsewhere: elsewhere.length };
  }

  #found(draft: Draft | undefined): Draft | undefined {
    if (draft?.discardedAt === undefined) this.#kept = draft;
    return draft;
  }

  #draftOf(contents: DraftContents): UnsavedDraft {
    this.#kept = contents;
    return { ...this.#name(), schemaV: this.#part.schemaV, ...contents };
  }

  #name() {
    const { owner, tabId } = this.#ports;
    return { ...owner, kind: this.#part.name, id: this.#id, tabId };
  }
}
