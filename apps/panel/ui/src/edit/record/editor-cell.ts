/** The state of one editor, and who wants to know that it has changed. */
import type { RecordKey } from '@holdfast/optimistic-client';
import { type EditorState, openingState } from './editor-state.ts';

export class EditorCell {
  readonly #listeners = new Set<() => void>();
  #state: EditorState;

  constructor(record: RecordKey) {
    this.#state = openingState(record);
  }

  get state(): EditorState {
    return this.#state;
  }

  set(changes: Partial<EditorState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener();
  }

  /** @returns ends it */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
