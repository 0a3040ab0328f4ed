/** A clock whose sleeps end when the test says so. */
import type { ClientClock } from '../client-clock.ts';

export interface SteppedClock extends ClientClock {
  /** Lengths of all sleeps that were begun, in milliseconds. */
  readonly slept: readonly number[];
  /** Ends the sleeps that are under way now. */
  wake(): void;
}

/** @param hurriedBelowMs - sleeps that are shorter end at once */
export function steppedClock(hurriedBelowMs = 0): SteppedClock {
  const slept: number[] = [];
  const sleeping = new Set<() => void>();
  return {
    slept,
    now: () => 0,
    wake: () => {
      for (const wake of sleeping) wake();
    },
    sleep: async (ms, signal) => {
      slept.push(ms);
      signal?.throwIfAborted();
      if (ms < hurriedBelowMs) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      sleeping.add(resolve);
      signal?.addEventListener('abort', () => resolve(), { once: true });
      await promise;
      sleeping.delete(resolve);
      signal?.throwIfAborted();
    },
  };
}
