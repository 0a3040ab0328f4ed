/** What is left of a wait limit that serves several waits, one after the other. */
import type { Clock } from '@holdfast/base';

/** Counts from now. Never below 0, which still tries once. */
export function waitLeft(waitMs: number, clock: Clock): () => number {
  const deadlineMs = clock.monotonicMs() + waitMs;
  return () => Math.max(0, deadlineMs - clock.monotonicMs());
}
