/**
 * The editor of one part of one record in one tab: what is typed, what is on its way, the draft on disk, and the conflict when
 * somebody was quicker. Its rules are those of optimistic-client; here they get a network, a disk and a clock.
 *
 * It never rejects and never throws: what goes wrong is in its state.
 */
import {
  addPatch,
  type Choice,
  carryOn,
  decisionTable,
  type JsonObject,
  pendingRecord,
  type RecordKey,
  type Snapshot,
  undoDiscardMs,
  withServer,
} from '@holdfast/optimistic-client';
import {
  afterConflict,
  afterRefusal,
  afterSave,
  carried,
  type Refusal,
  savedNotice,
  type Written,
} from './after-answer.ts';
import { DraftKeeper } from './draft-keeper.ts';
import { EditorCell } from './editor-cell.ts';
import { contentsOf } from './editor-draft.ts';
import type { Delivery, EditorPorts } from './editor-ports.ts';
import { type EditorState, issuesOf, layered, typedOn } from './editor-state.ts';
import { RecordConflict } from './record-conflict.ts';
import type { RecordLane } from './record-lane.ts';
import { RecordOpening } from './record-opening.ts';
import type { RecordPart } from './record-part.ts';
import { SendQueue, type Taken } from './send-queue.ts';

export class RecordEditor {
  readonly part: RecordPart;
  readonly record: RecordKey;
  readonly #ports: EditorPorts;
  readonly #lane: RecordLane;
  readonly #cell: EditorCell;
  readonly #drafts: DraftKeeper;
  readonly #conflict: RecordConflict;
  readonly #queue: SendQueue;
  readonly #leaveLane: () => void;
  readonly #opening: RecordOpening;
  #openingNow: Promise<void> | undefined;
  #cancelUndo: (() => void) | undefined;

  constructor(
    part: RecordPart,
    id: string,
    { ports, lane }: { readonly ports: EditorPorts; readonly lane: RecordLane },
  ) {
    this.part = part;
    this.record = { kind: part.kind, id };
    this.#ports = ports;
    this.#lane = lane;
    this.#cell = new EditorCell(this.record);
    this.#drafts = new DraftKeeper(part, id, ports);
    const shared = { part, id, ports, lane, cell: this.#cell, drafts: this.#drafts };
    this.#conflict = new RecordConflict({
      ...shared,
      onSaved: (from, made) => this.#saved(from, made),
      onDiscarded: () => this.#offerUndo(ports.nowMs()),
    });
    this.#queue = new SendQueue({ ...shared, onAnswer: (taken, delivery) => this.#settle(taken, delivery) });
    this.#opening = new RecordOpening({
      ...shared,
      conflict: this.#conflict,
      queue: this.#queue,
      onDiscarded: (at) => this.#offerUndo(at),
    });
    this.#leaveLane = lane.join(this.#ownSave);
  }

  get state(): EditorState {
    return this.#cell.state;
  }

  get subscribe(): (listener: () => void) => () => void {
    return this.#cell.subscribe;
  }

  /** Reads the record, and what was left of it on disk; once more where it could not be read. */
  open(): Promise<void> {
    if (this.state.stage === 'open') return Promise.resolve();
    this.#openingNow ??= this.#opening.open().finally(() => {
      this.#openingNow = undefined;
    });
    return this.#openingNow;
  }

  /** News of the record, from whatever read it; undefined when it is gone. */
  told(snapshot: Snapshot | undefined): void {
    const { pending, stage } = this.state;
    if (pending === undefined) {
      if (stage === 'unreachable' && snapshot !== undefined) void this.open();
      return;
    }
    if (snapshot === undefined) this.#toldGone();
    else if (snapshot.version > pending.server.version) {
      this.#cell.set({ pending: withServer(pending, snapshot) });
      if (this.#conflict.isOpen) this.#conflict.dispatch({ kind: 'server-told', theirs: snapshot });
    }
  }

  /** The user typed. */
  type(patch: JsonObject): void {
    const { pending, typed } = this.state;
    if (this.#conflict.isOpen) this.#conflict.dispatch({ kind: 'edited', patch });
    else if (pending !== undefined) {
      const base = typed?.base ?? pending.patches.at(-1)?.base ?? pending.server;
      const under = layered(base.value, ...pending.patches.map((queued) => queued.patch));
      const next = typedOn(base, under, { ...typed?.patch, ...patch });
      this.#cell.set({ typed: next, issues: [], notice: undefined });
      this.#drafts.keep(contentsOf(this.state));
    }
  }

  /** Sends what was typed when it is right; where there is a conflict, shows it. */
  save(): void {
    const { typed } = this.state;
    if (this.#conflict.isOpen) this.#conflict.dispatch({ kind: 'reopen' });
    else if (typed === undefined) this.retryNow();
    else {
      const issues = issuesOf(this.part, typed);
      if (issues.length > 0) this.#cell.set({ issues });
      else this.#send(typed.patch, typed.base);
    }
  }

  /** An action: the click is the intent. `seen` is what was clicked on; while another one is on its way nothing happens. */
  act(patch: JsonObject, seen: Snapshot): void {
    const pending = this.state.pending ?? pendingRecord(seen);
    if (this.#conflict.isOpen || pending.patches.length > 0) return;
    this.#cell.set({ pending: withServer(pending, seen), stage: 'open' });
    this.#send(patch, seen);
  }

  /** Takes what was typed out of the form; for ten minutes it can be had back. */
  undoChanges(): void {
    const { typed, pending } = this.state;
    if (this.#conflict.isOpen) this.#conflict.dispatch({ kind: 'discard' });
    else if (typed !== undefined && pending?.patches.length === 0) {
      this.#drafts.keep(contentsOf(this.state));
      this.#drafts.discard();
      this.#cell.set({ typed: undefined, issues: [], notice: { kind: 'discarded' } });
      this.#offerUndo(this.#ports.nowMs());
    }
  }

  /** Has back what was discarded, here or before the page was loaded. */
  async undoDiscard(): Promise<void> {
    const { typed, pending } = this.state;
    // What is on its way comes first.
    if (pending !== undefined && pending.patches.length > 0) return;
    this.#cancelUndo?.();
    this.#cell.set({ canUndoDiscard: false, notice: undefined });
    if (!this.#conflict.isDiscarded) {
      const draft = await this.#drafts.undoDiscard();
      if (draft !== undefined) this.#opening.resume(draft);
      return;
    }
    if (pending !== undefined) this.#conflict.halt(pending.server);
    this.#cell.set({ typed: undefined });
    this.#conflict.dispatch({ kind: 'undo-discard' });
    if (typed !== undefined) this.#conflict.dispatch({ kind: 'edited', patch: typed.patch });
  }

  /** Again, now: the network is back, or the user is. */
  retryNow(): void {
    this.#queue.retryNow();
    this.#conflict.retryNow();
  }

  /** Waits for no answer any more: what was sent is the user's again, to edit or to send anew. */
  giveUpSending(): void {
    if (this.state.delivery !== 'sending') this.#queue.giveUp();
  }

  decide(row: string, choice: Choice): void {
    this.#conflict.dispatch({ kind: 'decided', row, choice });
  }

  /** What the buttons of a conflict say. */
  answerConflict(kind: 'apply' | 'discard' | 'keep-editing' | 'reopen'): void {
    this.#conflict.dispatch({ kind });
  }

  /** The record was deleted: makes a new one of what the user has. */
  restoreAsNew(): void {
    this.#conflict.dispatch({ kind: 'restore-as-new', newId: this.#ports.newId() });
  }

  dismiss(what: 'notice' | 'once'): void {
    this.#cell.set({ [what]: undefined });
  }

  /** The user is gone. What is on disk stays there. */
  close(): void {
    this.#opening.close();
    this.#leaveLane();
    this.#cancelUndo?.();
    this.#queue.close();
    this.#conflict.close();
  }

  /** A page with nothing of the user in it has nothing left to show. */
  #toldGone(): void {
    const { pending } = this.state;
    const version = pending?.server.version ?? 0;
    if (this.#conflict.isOpen) {
      this.#conflict.dispatch({ kind: 'server-told', theirs: { version, value: undefined } });
    } else if (contentsOf(this.state) === undefined) this.#cell.set({ stage: 'gone' });
  }

  #send(patch: JsonObject, base: Snapshot): void {
    const { pending } = this.state;
    if (pending === undefined) return;
    const clientMutationId = this.#ports.newId();
    this.#conflict.forget();
    this.#cell.set({
      pending: addPatch(pending, { clientMutationId, patch, base }),
      ...{ typed: undefined, issues: [], notice: undefined, once: undefined },
    });
    this.#queue.pump();
  }

  #settle({ request, isResumed }: Taken, { answer, once }: Delivery): void {
    const { pending } = this.state;
    if (pending === undefined) return;
    const { patch: fate, next } = decisionTable[answer.kind];
    if (next === 'merge') {
      this.#halt(answer as Refusal);
      return;
    }
    if (fate === 'settle') {
      const { changes, made } = afterSave(this.state, pending, { request, answer: answer as Written });
      const notice = savedNotice(this.part, { patch: request.patch, once, isResumed });
      this.#cell.set({ ...changes, delivery: 'idle', once, notice });
      this.#drafts.keep(contentsOf(this.state));
      this.#saved(request.version, made);
    } else {
      this.#cell.set({
        ...afterRefusal(this.state, pending, { mode: this.part.mode, answer }),
        delivery: 'idle',
      });
      this.#drafts.keep(contentsOf(this.state));
    }
  }

  #halt(answer: Refusal): void {
    const { pending } = this.state;
    if (pending === undefined) return;
    const halted = afterConflict(this.state, pending, answer);
    this.#cell.set({ pending: halted.pending, typed: undefined, delivery: 'idle' });
    if (halted.refused === undefined) return;
    this.#conflict.dispatch(halted.refused);
    if (this.part.mode === 'action') this.#conflict.applySilently();
  }

  #saved(from: number, made: Snapshot): void {
    this.#lane.tell(from, made, this.#ownSave);
    this.#ports.committed(this.record, this.state.pending?.server.version ?? made.version);
  }

  readonly #ownSave = (from: number, made: Snapshot): void => {
    const { pending, typed } = this.state;
    if (pending === undefined) return;
    this.#cell.set({ pending: carryOn(pending, from, made), typed: carried(typed, from, made) });
    if (this.#conflict.isOpen) this.#conflict.dispatch({ kind: 'server-told', theirs: made });
    else if (typed !== undefined) this.#drafts.keep(contentsOf(this.state));
  };

  #offerUndo(discardedAt: number): void {
    const leftMs = discardedAt + undoDiscardMs - this.#ports.nowMs();
    this.#cell.set({ canUndoDiscard: true });
    this.#cancelUndo?.();
    this.#cancelUndo = this.#ports.after(leftMs, () => this.#cell.set({ canUndoDiscard: false }));
  }
}
