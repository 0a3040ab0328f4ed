/**
 * The daemon loop: a run, a rest, a run, until told to stop. The rest is counted from the end of a run, so a slow run
 * cannot leave everybody else without a gap; a failed run is handed to `onError` and the loop goes on.
 */
import { type Clock, systemClock } from '@holdfast/base';

export interface WatchOptions {
  /** Rest between the end of a run and the start of the next, in milliseconds. */
  readonly intervalMs: number;
  /** Ends the loop: at once while resting, after the current run otherwise. */
  readonly signal: AbortSignal;
  /** Told of a run that failed; when it throws itself, the loop ends with that. */
  readonly onError: (error: unknown) => void;
  readonly clock?: Clock;
}

export async function watch(run: () => Promise<unknown>, options: WatchOptions): Promise<void> {
  const { intervalMs, signal, onError, clock = systemClock } = options;
  while (!signal.aborted) {
    await run().catch(onError);
    if (signal.aborted) return;
    await clock.sleep(intervalMs, signal).catch(() => undefined); // only the abort can end it early
  }
}
