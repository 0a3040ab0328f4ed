/** When the asking of NASes ends, whatever has not been answered by then. */
import { setMaxListeners } from 'node:events';
import type { Clock, Held } from '@holdfast/base';

export interface AskUntil {
  /** Its loss ends it too; and, after a while, that somebody else waits for it. */
  readonly held: Held;
  readonly signal: AbortSignal;
  readonly budgetMs: number;
  /** How long somebody who waits for the lock is kept waiting. */
  readonly yieldAfterMs: number;
  readonly clock: Clock;
}

export interface AskingEnds extends Disposable {
  readonly signal: AbortSignal;
  /** Ends it now. */
  readonly now: () => void;
}

const lookMs = 50;

/** Begins to count at once; disposing of it ends everything. */
export function askUntil({ held, signal, budgetMs, yieldAfterMs, clock }: AskUntil): AskingEnds {
  const stop = new AbortController();
  const counting = new AbortController();
  const now = () => stop.abort();
  setMaxListeners(0, stop.signal); // one for each request under way
  const causes = [signal, held.signal];
  for (const cause of causes) {
    if (cause.aborted) now();
    cause.addEventListener('abort', now);
  }
  void count();
  return {
    signal: stop.signal,
    now,
    [Symbol.dispose]: () => {
      counting.abort();
      now(); // when it ends by a failure, others may still be waiting
      for (const cause of causes) cause.removeEventListener('abort', now);
    },
  };

  async function count(): Promise<void> {
    const since = clock.monotonicMs();
    while (!counting.signal.aborted && !stop.signal.aborted) {
      const passedMs = clock.monotonicMs() - since;
      if (passedMs >= budgetMs || (passedMs >= yieldAfterMs && held.contended())) return now();
      const waitMs = Math.min(budgetMs - passedMs, lookMs);
      await clock.sleep(waitMs, counting.signal).catch(() => undefined); // all was answered before
    }
  }
}
