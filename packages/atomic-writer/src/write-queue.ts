/**
 * Lets the writes of one path follow one another in the order they were asked for, inside this process. The queue hangs
 * on a global symbol so that two copies of this module share it. It orders; it does not lock: other processes are not
 * in it, and read-modify-write needs a hold.
 */

const registry = Symbol.for('holdfast.atomic-writer.queue');

/** Path → the promise that fulfils when its newest write has settled. */
type Tails = Map<string, Promise<void>>;

const shared = globalThis as { [registry]?: Tails };

/**
 * Runs `task` after the writes of all `keys` that were asked for before. It enters all their queues in one go, so that two
 * groups with keys in common cannot wait for each other.
 *
 * @param signal - gives up the places in the queues; what has started is the task's own affair
 * @throws the signal's reason, or what `task` throws
 */
export async function inTurn<Result>(
  keys: readonly string[],
  signal: AbortSignal | undefined,
  task: () => Promise<Result>,
): Promise<Result> {
  shared[registry] ??= new Map();
  const tails = shared[registry];
  const previous = newestOf(tails, keys);
  const { promise: settled, resolve: finish } = Promise.withResolvers<void>();
  // Whoever gives up early must not let its successor overtake its predecessor.
  const tail = previous === undefined ? settled : previous.then(() => settled);
  for (const key of keys) tails.set(key, tail);
  void tail.then(() => {
    for (const key of keys) if (tails.get(key) === tail) tails.delete(key);
  });
  try {
    if (previous !== undefined) await orAbort(previous, signal);
    return await task();
  } finally {
    finish();
  }
}

/** What has to settle before a write of `keys`; undefined when nothing is under way. */
function newestOf(tails: Tails, keys: readonly string[]): Promise<void> | undefined {
  const earlier = keys.map((key) => tails.get(key)).filter((tail) => tail !== undefined);
  if (earlier.length < 2) return earlier[0];
  return Promise.all(earlier).then(() => undefined);
}

/** How many paths have a write under way in this process: 0 when idle. */
export function queuedPaths(): number {
  return shared[registry]?.size ?? 0;
}

/**
 * Settles as `promise`, or rejects with the signal's reason, whichever is first. Takes its listener back, so that a
 * signal which outlives many waits does not collect them.
 */
export function orAbort<Value>(promise: PromiseLike<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return Promise.resolve(promise);
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).then(() => signal.removeEventListener('abort', abort));
  });
}
