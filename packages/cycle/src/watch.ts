/**
 * The daemon loop: a run, a rest, a run, until told to stop.
 *
 * The rest is counted from the end of a run, so a slow run cannot leave everybody else without a gap, and it varies a
 * little, so that many daemons do not keep step. Whoever wakes the loop ends the rest; however many do during a run lead
 * to one more run. After a failure that waiting may cure the pause doubles, and nobody ends it early: a storm of triggers
 * must not become a storm of failures.
 */
import { type BackoffOptions, backoff, type Clock, systemClock } from '@holdfast/base';
import { Wakeups } from './wakeups.ts';

/** How a run ended: `again` asks for the next one after a pause, without waiting for the interval. */
export type WatchedRun = 'done' | 'again';

export interface WatchOptions {
  /** Rest between the end of a run and the start of the next, in milliseconds. */
  readonly intervalMs: number;
  /** Share of the rest by which it is longer or shorter; 0.1. */
  readonly jitter?: number;
  /** Pauses after failures; 250 ms doubling to 5 s. The jitter is ours: half of each pause. */
  readonly pauses?: Omit<BackoffOptions, 'jitter' | 'random'>;
  /** Ends the loop: at once while resting, after the current run otherwise. */
  readonly signal: AbortSignal;
  /** Ends rests. */
  readonly wakeups?: Wakeups;
  /** Awaited before each run: what a run cannot do without. Resolves when there is no more sense in waiting, too. */
  readonly ready?: () => Promise<void>;
  readonly clock?: Clock;
  /** Source of randomness in [0, 1). */
  readonly random?: () => number;
}

export const watchPauses = { initialMs: 250, maxMs: 5_000 } as const;

/**
 * @param run - told what woke it: `start` the first time, then `interval`, `again` and the causes of the wakeups
 * @throws what `run` throws: the loop ends with it
 */
export async function watch(
  run: (causes: ReadonlySet<string>) => Promise<WatchedRun>,
  options: WatchOptions,
): Promise<void> {
  const { intervalMs, jitter = 0.1, pauses = watchPauses, signal, wakeups = new Wakeups() } = options;
  const { clock = systemClock, random = Math.random, ready } = options;
  const sleep = (ms: number, until: AbortSignal) => clock.sleep(ms, until).catch(() => undefined);
  let delays = backoff(pauses);
  wakeups.wake('start');
  for (;;) {
    await ready?.();
    if (signal.aborted) return;
    const end = await run(wakeups.take());
    if (signal.aborted) return;
    if (end === 'again') {
      await sleep(delays.next().value * (0.5 + random() / 2), signal);
      wakeups.wake('again');
      continue;
    }
    delays = backoff(pauses);
    await sleep(intervalMs * (1 + jitter * (2 * random() - 1)), AbortSignal.any([signal, wakeups.signal]));
    if (!wakeups.signal.aborted) wakeups.wake('interval');
  }
}
