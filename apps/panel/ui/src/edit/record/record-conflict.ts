/** The conflict of one editor: `reduceConflict`, with the network, the disk and the state of the editor behind its effects. */
import {
  type Answer,
  type ConflictEvent,
  haltForConflict,
  pendingRecord,
  releaseConflict,
  type Snapshot,
} from '@holdfast/optimistic-client';
import { savedNotice } from './after-answer.ts';
import { ConflictRunner, type EffectOf } from './conflict-runner.ts';
import type { DraftKeeper } from './draft-keeper.ts';
import type { EditorCell } from './editor-cell.ts';
import { contentsOfConflict } from './editor-draft.ts';
import type { EditorPorts, SentWrite } from './editor-ports.ts';
import type { Announcement, Notice } from './editor-state.ts';
import { Pause } from './pause.ts';
import type { RecordLane } from './record-lane.ts';
import type { RecordPart } from './record-part.ts';

export interface RecordConflictOptions {
  readonly part: RecordPart;
  readonly id: string;
  readonly ports: EditorPorts;
  readonly lane: RecordLane;
  readonly cell: EditorCell;
  readonly drafts: DraftKeeper;
  /** It is over: what it sent took the record from one version to another. */
  readonly onSaved: (from: number, made: Snapshot) => void;
  /** It was given up, and can be had back. */
  readonly onDiscarded: () => void;
}

const notices: { readonly [message in Announcement]?: Notice } = {
  'nothing-left': { kind: 'nothing-left' },
  discarded: { kind: 'discarded' },
};

export class RecordConflict {
  readonly #options: RecordConflictOptions;
  readonly #pause: Pause;
  readonly #runner: ConflictRunner;
  /** The version that the request on its way is based on. */
  #sentOn: number | undefined;
  #savedNotice: Notice | undefined;

  constructor(options: RecordConflictOptions) {
    const { ports, drafts, cell } = options;
    this.#options = options;
    this.#pause = new Pause(ports);
    this.#runner = new ConflictRunner(options.part, {
      pause: this.#pause,
      read: () => ports.read(cell.state.record),
      send: (effect) => this.#send(effect),
      keep: async (effect) => {
        const contents = contentsOfConflict(effect);
        if (contents.state === 'sending') await drafts.keepNow(contents);
        else drafts.keep(contents);
      },
      dropDraft: () => drafts.drop(),
      discardDraft: () => drafts.discard(),
      restoreDraft: () => void drafts.undoDiscard(),
      adopt: (effect) => this.#adopt(effect),
      announce: (message) => this.#announce(message),
      signIn: () => ports.signIn(),
      newId: () => ports.newId(),
      random: () => ports.random(),
      changed: () => cell.set({ conflict: this.#runner.conflict }),
    });
  }

  get isOpen(): boolean {
    return this.#runner.isOpen;
  }

  get isDiscarded(): boolean {
    return this.#runner.conflict?.phase === 'discarded';
  }

  dispatch(event: ConflictEvent): void {
    this.#runner.dispatch(event);
  }

  /** An action that nothing overlaps goes through without a question. */
  applySilently(): void {
    const { conflict } = this.#runner;
    if (conflict === undefined || conflict.merge.needsUser || conflict.theirs.value === undefined) return;
    this.dispatch({ kind: 'keep-editing' });
    this.dispatch({ kind: 'apply' });
  }

  /** Nothing is sent from here on until the conflict is resolved. */
  halt(base: Snapshot): void {
    const { cell } = this.#options;
    cell.set({ pending: haltForConflict(cell.state.pending ?? pendingRecord(base)).record });
  }

  forget(): void {
    this.#runner.forget();
  }

  close(): void {
    this.#runner.close();
  }

  retryNow(): void {
    this.#pause.cut();
    if (this.#runner.conflict?.phase === 'signed-out') this.#runner.signIn();
  }

  async #send(effect: EffectOf<'send' | 'create'>): Promise<Answer> {
    const { part, id, ports, lane, cell } = this.#options;
    const { clientMutationId } = effect;
    const write: SentWrite | undefined =
      effect.kind === 'send'
        ? { ...part.write(id, effect.patch), clientMutationId, version: effect.version }
        : part.create && { ...part.create(effect.value), clientMutationId };
    if (write === undefined) return { kind: 'forbidden' };
    this.#sentOn = write.version;
    const { answer, once } = await lane.run(() => ports.send(write));
    if (once !== undefined) cell.set({ once });
    const patch = effect.kind === 'send' ? effect.patch : effect.value;
    this.#savedNotice = savedNotice(part, { patch, once, isResumed: false });
    return answer;
  }

  #adopt({ server, base, rest, id }: EffectOf<'adopt'>): void {
    const { cell, onSaved } = this.#options;
    const { pending, record } = cell.state;
    const isAnew = id !== undefined && id !== record.id;
    const isGone = server === undefined || isAnew;
    const typed =
      isGone || base === undefined || Object.keys(rest).length === 0 ? undefined : { base, patch: rest };
    const known = isAnew ? undefined : server;
    cell.set({
      stage: isGone ? 'gone' : 'open',
      pending: pending && releaseConflict(pending, known ?? pending.server),
      ...{ typed, issues: [], delivery: 'idle' },
    });
    const sentOn = this.#sentOn;
    this.#sentOn = undefined;
    if (sentOn !== undefined && base !== undefined && !isAnew) onSaved(sentOn, base);
    if (isAnew) cell.set({ notice: { kind: 'made-anew', id } });
  }

  #announce(message: Announcement): void {
    const { cell, onDiscarded } = this.#options;
    const { said, notice } = cell.state;
    const told = message === 'applied' ? this.#savedNotice : notices[message];
    const next = notice?.kind === 'made-anew' ? notice : (told ?? notice);
    cell.set({ said: { message, count: (said?.count ?? 0) + 1 }, notice: next });
    if (message === 'discarded') onDiscarded();
  }
}
