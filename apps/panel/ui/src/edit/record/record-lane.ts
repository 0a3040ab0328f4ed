/**
 * One mutation of a record at a time in this tab, whichever part of it wants to send, in the order in which they came. What one part
 * saves carries the others on to the version that it made, so that nobody is refused because of their own save.
 */
import type { Snapshot } from '@holdfast/optimistic-client';

type OwnSaveListener = (from: number, made: Snapshot) => void;

export class RecordLane {
  #tail: Promise<unknown> = Promise.resolve();
  readonly #listeners = new Set<OwnSaveListener>();

  run<Result>(task: () => Promise<Result>): Promise<Result> {
    const turn = this.#tail.then(task);
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  /** @returns leaves it */
  join(listener: OwnSaveListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The record went from version `from` to `made` by an own save. */
  tell(from: number, made: Snapshot, teller: OwnSaveListener): void {
    for (const listener of this.#listeners) if (listener !== teller) listener(from, made);
  }
}
