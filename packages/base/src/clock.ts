/**
 * Time as a value that is passed in. Wall time is for records that people read, monotonic time for every wait and
 * deadline: a clock that is set back must not lengthen a wait.
 */
import { setTimeout as delay } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds since the Unix epoch, UTC. */
  wallMs(): number;
  /** Milliseconds since an arbitrary origin, never going back. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A timer with a longer delay, `Infinity` too, would fire at once. */
const longestTimerMs = 2_147_483_647;

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  // Not `performance.now()`: the first look at `performance` makes Node load a dozen modules of its own.
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
  sleep: async (ms, signal) => {
    try {
      for (let leftMs = ms; leftMs > 0; leftMs -= longestTimerMs) {
        await delay(Math.min(leftMs, longestTimerMs), undefined, signal === undefined ? {} : { signal });
      }
      signal?.throwIfAborted();
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error;
    }
  },
};
