/** How an editor begins: the record as it is, and what was left of an earlier page on disk, as `decideOnOpen` says. */
import {
  addPatch,
  type Draft,
  decideOnOpen,
  pendingRecord,
  type Snapshot,
} from '@holdfast/optimistic-client';
import type { DraftKeeper } from './draft-keeper.ts';
import type { EditorCell } from './editor-cell.ts';
import { contentsOf, patchOf } from './editor-draft.ts';
import type { EditorPorts } from './editor-ports.ts';
import { typedOn } from './editor-state.ts';
import type { RecordConflict } from './record-conflict.ts';
import type { RecordPart } from './record-part.ts';
import type { SendQueue } from './send-queue.ts';

export interface RecordOpeningOptions {
  readonly part: RecordPart;
  readonly ports: EditorPorts;
  readonly cell: EditorCell;
  readonly drafts: DraftKeeper;
  readonly conflict: RecordConflict;
  readonly queue: SendQueue;
  readonly onDiscarded: (at: number) => void;
}

export class RecordOpening {
  readonly #options: RecordOpeningOptions;
  #isClosed = false;

  constructor(options: RecordOpeningOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    const { cell, drafts, ports } = this.#options;
    cell.set({ stage: 'opening' });
    const [found, reading] = await Promise.all([drafts.find(), ports.read(cell.state.record)]);
    // An action may have come first.
    if (this.#isClosed || cell.state.stage === 'open') return;
    if (reading.kind === 'failed') {
      cell.set({ stage: 'unreachable' });
      return;
    }
    const latest = reading.kind === 'read' ? reading.snapshot : undefined;
    cell.set({
      stage: latest === undefined ? 'gone' : 'open',
      pending: latest && pendingRecord(latest),
      draftsElsewhere: found.elsewhere,
    });
    if (found.draft !== undefined) this.resume(found.draft);
  }

  /** Goes on with a draft. */
  resume(draft: Draft): void {
    const { part, cell, drafts, ports, onDiscarded } = this.#options;
    const { schema, schemaV } = part;
    const latest = cell.state.pending?.server;
    const decision = decideOnOpen({ draft, latest, schema, schemaV, nowMs: ports.nowMs() });
    switch (decision.kind) {
      case 'offer-undo':
        onDiscarded(draft.discardedAt ?? 0);
        break;
      case 'drop':
        cell.set({ notice: { kind: 'dropped', because: decision.because, draft } });
        drafts.drop();
        break;
      case 'restore':
        this.#restore(draft, { latest, mustRetype: decision.mustRetype });
        break;
      case 'send-again':
        this.#sendAgain(draft, decision.clientMutationId);
        break;
      case 'open-conflict':
        this.#openConflict(draft);
        break;
      default:
        break;
    }
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Of an action nothing is left: one that was not sent was never more than a click. */
  #restore(
    draft: Draft,
    { latest, mustRetype }: { readonly latest: Snapshot | undefined; readonly mustRetype: boolean },
  ): void {
    const { part, cell, drafts } = this.#options;
    if (latest !== undefined && part.mode === 'form') {
      const typed = typedOn(latest, latest.value, { ...patchOf(draft), ...cell.state.typed?.patch });
      cell.set({ typed, ...(typed !== undefined && { notice: { kind: 'restored', mustRetype } }) });
    }
    drafts.keep(contentsOf(cell.state));
  }

  /** The same id asks whether it landed. */
  #sendAgain(draft: Draft, clientMutationId: string): void {
    const { cell, queue, conflict } = this.#options;
    if (draft.isCreation === true) {
      this.#openConflict(draft);
      conflict.dispatch({ kind: 'restore-as-new', newId: clientMutationId });
      return;
    }
    const { patch, later = {} } = draft;
    const base = { version: draft.baseVersion, value: draft.base };
    cell.set({ stage: 'open', typed: typedOn(base, { ...base.value, ...patch }, later) });
    const record = cell.state.pending ?? pendingRecord(base);
    queue.take(addPatch(record, { clientMutationId, patch, base }), true);
    queue.pump();
  }

  #openConflict(draft: Draft): void {
    const { cell, conflict } = this.#options;
    const { pending, record, typed } = cell.state;
    const base = { version: draft.baseVersion, value: draft.base };
    const theirs = pending?.server ?? { version: base.version, value: undefined };
    const patch = { ...patchOf(draft), ...typed?.patch };
    conflict.halt(base);
    cell.set({ typed: undefined, stage: 'open' });
    conflict.dispatch({ kind: 'refused', record, base, patch, theirs });
    for (const [row, choice] of Object.entries(draft.choices ?? {})) {
      conflict.dispatch({ kind: 'decided', row, choice });
    }
  }
}
