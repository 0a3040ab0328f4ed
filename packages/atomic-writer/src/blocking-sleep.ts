/** Blocks this thread. Only `writeSync` waits like this, and only between two tries of a refused rename. */

const never = new Int32Array(new SharedArrayBuffer(4));

/** @param ms - how long; the event loop stands still meanwhile */
export function blockingSleep(ms: number): void {
  Atomics.wait(never, 0, 0, ms);
}
