/**
 * All editors of one user in this tab. They outlive the pages that show them: what is on its way, in conflict or only typed stays
 * here until the server has it or the user discards it. One conflict at a time is shown, however many there are.
 */
import { type Draft, type JsonObject, recordKeyText, type Snapshot } from '@holdfast/optimistic-client';
import type { EditorPorts } from '../record/editor-ports.ts';
import { type EditMark, isHoldingWork, layered, markOf, overlayOf } from '../record/editor-state.ts';
import { RecordEditor } from '../record/record-editor.ts';
import { RecordLane } from '../record/record-lane.ts';
import type { RecordPart } from '../record/record-part.ts';

export interface WorkbenchOptions {
  readonly ports: EditorPorts;
  /** All there are, so that drafts of earlier pages find theirs. */
  readonly parts: readonly RecordPart[];
}

/** Editors with nothing in them are kept for the next visit, up to here. */
const mostIdle = 40;

interface Place {
  readonly editor: RecordEditor;
  /** How many pages show it. */
  readonly users: number;
}

export class Workbench {
  readonly ports: EditorPorts;
  readonly parts: readonly RecordPart[];
  readonly #places = new Map<string, Place>();
  readonly #lanes = new Map<string, RecordLane>();
  /** In the order in which their conflicts opened. */
  readonly #shown = new Set<RecordEditor>();
  /** The user asked for these where their page is not. */
  readonly #wanted = new Set<RecordEditor>();
  readonly #listeners = new Set<() => void>();
  readonly #closing: (() => void)[] = [];
  #revision = 0;

  constructor({ ports, parts }: WorkbenchOptions) {
    this.ports = ports;
    this.parts = parts;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Another number after each change of any editor. */
  readonly revision = (): number => this.#revision;

  editor(part: RecordPart, id: string): RecordEditor {
    const key = keyOf(part, id);
    const known = this.#places.get(key);
    if (known !== undefined) return known.editor;
    const laneKey = recordKeyText({ kind: part.kind, id });
    const lane = this.#lanes.get(laneKey) ?? new RecordLane();
    this.#lanes.set(laneKey, lane);
    const editor = new RecordEditor(part, id, { ports: this.ports, lane });
    this.#places.set(key, { editor, users: 0 });
    editor.subscribe(() => this.#changed(editor));
    return editor;
  }

  /** A page shows it. @returns it does no more */
  use(editor: RecordEditor): () => void {
    this.#count(editor, 1);
    return () => {
      this.#count(editor, -1);
      this.#wanted.delete(editor);
      this.#sweep();
    };
  }

  /** An action on a record, whose editor need not be on the page. */
  act(part: RecordPart, id: string, action: { readonly patch: JsonObject; readonly seen: Snapshot }): void {
    const editor = this.editor(part, id);
    this.#wanted.add(editor);
    editor.act(action.patch, action.seen);
  }

  /** Shows the conflict of this one. */
  want(editor: RecordEditor): void {
    this.#wanted.add(editor);
    if (editor.state.conflict !== undefined) editor.answerConflict('reopen');
    this.#changed(editor);
  }

  /** Shows the conflict of a record, whichever part of it has one. */
  review(kind: string, id: string): void {
    const editor = this.#editorsOf(kind, id).find(({ state }) => markOf(state) === 'conflict');
    if (editor !== undefined) this.want(editor);
  }

  /** The one whose conflict is in front of the user. */
  get surface(): RecordEditor | undefined {
    return [...this.#shown].find(
      (editor) =>
        this.#wanted.has(editor) || (this.#places.get(keyOf(editor.part, editor.record.id))?.users ?? 0) > 0,
    );
  }

  /** Everything that is not done yet. */
  get unfinished(): readonly RecordEditor[] {
    return [...this.#places.values()].map(({ editor }) => editor).filter(({ state }) => isHoldingWork(state));
  }

  /** Editors of actions: what comes of them is said wherever the user is. */
  get actions(): readonly RecordEditor[] {
    return [...this.#places.values()]
      .map(({ editor }) => editor)
      .filter(({ part }) => part.mode === 'action');
  }

  /** How a record stands, for those who show it in a list. */
  look(kind: string, id: string): { readonly mark: EditMark | undefined; readonly overlay: JsonObject } {
    const editors = this.#editorsOf(kind, id);
    const marks = editors.flatMap(({ state }) => markOf(state) ?? []);
    const overlay = layered(...editors.map(({ state }) => overlayOf(state)));
    return { mark: marks.find((mark) => mark !== 'draft') ?? marks[0], overlay };
  }

  /** A record was read; undefined when it is gone. */
  told(kind: string, id: string, snapshot: Snapshot | undefined): void {
    for (const editor of this.#editorsOf(kind, id)) editor.told(snapshot);
  }

  /** Somebody committed something: whoever holds work on it wants to know. */
  async heard({
    kind,
    id,
    version,
  }: {
    readonly kind: string;
    readonly id: string;
    readonly version: number;
  }): Promise<void> {
    const isNews = this.#editorsOf(kind, id).some(
      ({ state }) => isHoldingWork(state) && (state.pending?.server.version ?? 0) < version,
    );
    if (!isNews) return;
    const reading = await this.ports.read({ kind, id });
    if (reading.kind !== 'failed')
      this.told(kind, id, reading.kind === 'read' ? reading.snapshot : undefined);
  }

  /** Opens what earlier pages left on disk: a request that was on its way is asked for, the rest waits for its page. */
  async start(): Promise<void> {
    const { drafts, owner } = this.ports;
    const left = (await drafts.list(owner)).filter(({ discardedAt }) => discardedAt === undefined);
    for (const draft of left) {
      const part = this.parts.find(({ name }) => name === draft.kind);
      if (part !== undefined && (await this.#isOurs(draft))) await this.editor(part, draft.id).open();
    }
    this.#sweep();
  }

  retryNow(): void {
    for (const { editor } of this.#places.values()) editor.retryNow();
  }

  /** To be done when the user is gone. */
  onClose(task: () => void): void {
    this.#closing.push(task);
  }

  /** The user is gone; what is on disk stays, or goes too. */
  async close(drafts: 'keep' | 'purge'): Promise<void> {
    for (const task of this.#closing.splice(0)) task();
    for (const { editor } of this.#places.values()) editor.close();
    this.#places.clear();
    this.#shown.clear();
    if (drafts === 'purge') await this.ports.drafts.purge(this.ports.owner);
    else await this.ports.drafts.flush();
  }

  async #isOurs({ tabId }: Draft): Promise<boolean> {
    return tabId === this.ports.tabId || !(await this.ports.presence.isHeld(tabId));
  }

  #editorsOf(kind: string, id: string): readonly RecordEditor[] {
    return this.parts
      .filter((part) => part.kind === kind)
      .flatMap((part) => this.#places.get(keyOf(part, id))?.editor ?? []);
  }

  #changed(editor: RecordEditor): void {
    const { conflict } = editor.state;
    if (conflict?.isShown === true && conflict.phase !== 'discarded') this.#shown.add(editor);
    else this.#shown.delete(editor);
    this.#revision += 1;
    for (const listener of this.#listeners) listener();
  }

  #count(editor: RecordEditor, change: number): void {
    const key = keyOf(editor.part, editor.record.id);
    const place = this.#places.get(key);
    if (place?.editor !== editor) return;
    this.#places.set(key, { editor, users: place.users + change });
    this.#changed(editor);
  }

  #sweep(): void {
    const idle = [...this.#places].filter(
      ([, { editor, users }]) => users === 0 && !isHoldingWork(editor.state) && !editor.state.canUndoDiscard,
    );
    for (const [key, { editor }] of idle.slice(0, Math.max(0, idle.length - mostIdle))) {
      editor.close();
      this.#wanted.delete(editor);
      this.#places.delete(key);
      if (this.#editorsOf(editor.record.kind, editor.record.id).length === 0) {
        this.#lanes.delete(recordKeyText(editor.record));
      }
    }
  }
}

function keyOf({ name }: RecordPart, id: string): string {
  return JSON.stringify([name, id]);
}
