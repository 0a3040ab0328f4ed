/**
 * Lets the updates of one document follow one another inside this process: the lock keeps others out, this keeps a holder
 * from overtaking itself. A blocking update cannot wait, so it goes first and says so, and whoever was under way begins
 * again. The turns hang on a global symbol so that two copies of this module share them.
 */

const registry = Symbol.for('holdfast.state.turns');

/** One document while it is being updated. */
interface Turns {
  /** Fulfils when the newest call has settled. */
  tail: Promise<unknown>;
  /** Blocking updates that came in between. */
  overtakings: number;
}

const shared = globalThis as { [registry]?: Map<string, Turns> };

/**
 * Runs `task` after the calls for `path` that were made before.
 *
 * @param path - absolute
 * @param task - gets a count of the blocking updates that have come in between
 */
export async function inTurnOfDocument<Result>(
  path: string,
  task: (overtakings: () => number) => Promise<Result>,
): Promise<Result> {
  shared[registry] ??= new Map();
  const all = shared[registry];
  const turns = all.get(path) ?? { tail: Promise.resolve(), overtakings: 0 };
  all.set(path, turns);
  const turn = turns.tail.then(() => task(() => turns.overtakings));
  const tail = turn.catch(() => undefined); // who waits for its end does not care how it ended
  turns.tail = tail;
  try {
    return await turn;
  } finally {
    if (turns.tail === tail) all.delete(path);
  }
}

/** Says that a blocking call has changed the document. */
export function overtake(path: string): void {
  const turns = shared[registry]?.get(path);
  if (turns !== undefined) turns.overtakings += 1;
}

/** How many documents are being updated in this process: 0 when idle. */
export function documentsInTurn(): number {
  return shared[registry]?.size ?? 0;
}
