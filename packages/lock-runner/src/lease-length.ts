/** How long a lease may be. */
import { HoldfastError } from '@holdfast/base';
import { longestTimerMs } from './wait-limit.ts';

/** @throws HoldfastError DURATION_INVALID - no whole number of milliseconds, too short, or longer than any timer */
export function requireLeaseLength(leaseMs: number, shortestMs: number): void {
  if (Number.isSafeInteger(leaseMs) && leaseMs >= shortestMs && leaseMs <= longestTimerMs) return;
  throw new HoldfastError('DURATION_INVALID', `a lease of ${leaseMs} ms was refused`, {
    details: { name: 'leaseMs', leaseMs, shortestMs, longestMs: longestTimerMs },
  });
}
