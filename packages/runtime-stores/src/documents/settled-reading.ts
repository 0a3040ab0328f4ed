/**
 * Reading without its lock what somebody may be overwriting in place: a checksum that does not match is looked at again, each
 * time at another moment. A writer that was suspended in the middle of its copy is given the time to be resumed; what is damaged
 * after that is damaged.
 */

/** Milliseconds before each further reading; the thread sleeps, which only what is damaged makes it do. */
const pausesMs = [0, 0, 0, 1, 2, 4, 8, 16, 32] as const;
const never = new Int32Array(new SharedArrayBuffer(4));

export function settledReading<Result>(read: () => Result, isDamaged: (result: Result) => boolean): Result {
  for (const pauseMs of pausesMs) {
    const result = read();
    if (!isDamaged(result)) return result;
    if (pauseMs > 0) Atomics.wait(never, 0, 0, pauseMs);
  }
  return read();
}
