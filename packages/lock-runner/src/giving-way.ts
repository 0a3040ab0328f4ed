/**
 * How a background task that has waited lets interactive ones go first, across processes: it looks who waits, gives the lock
 * up and queues again when one of them has it, ten times at the most.
 *
 * Who has been woken to take the lock is for a moment neither a waiter nor the holder. So one look is not enough for a task
 * that has given way before: it may have slipped in front of the very one it made room for.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '@holdfast/base';
import { kernelLocks } from './kernel-locks.ts';
import type { LockFile } from './lock-file.ts';
import { isContended, mostOvertakes, type QueueMember } from './process-queue.ts';
import { seenHelper } from './seen-helper.ts';

/** How long one that was woken may need to show itself, and to be served, in milliseconds. */
const showingMs = 2;
const servingMs = 50;

/** Those who wait in the kernel, by pid; none when they wait in this process only. */
export type Preferred = readonly number[];

/** Who has to be let pass before `member` may use what it has been granted; undefined when nobody has. */
export async function preferredTo(
  { path, fd }: LockFile,
  member: QueueMember,
  clock: Clock,
): Promise<Preferred | undefined> {
  if (member.priority !== 'background' || member.overtakenBy >= mostOvertakes) return undefined;
  const untilMs = clock.monotonicMs() + (member.overtakenBy === 0 ? 0 : showingMs);
  for (;;) {
    const waiters = interactiveWaiters(fd);
    if (waiters.length > 0 || isContended(path, 'interactive')) return waiters;
    if (clock.monotonicMs() >= untilMs) return undefined;
    await turn();
  }
}

/** Resolves when one of them has the lock, or could have had it for long enough. */
export async function untilServed(
  path: string,
  preferred: Preferred,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const untilMs = clock.monotonicMs() + servingMs;
  const isServed = () =>
    preferred.length === 0 || kernelLocks(path).holders.some((pid) => preferred.includes(pid));
  do {
    await turn();
    signal.throwIfAborted();
  } while (!isServed() && clock.monotonicMs() < untilMs);
}

/** A foreign flock(1) has perhaps a person in front of it: it counts as interactive. */
export function interactiveWaiters(fd: number): Preferred {
  return kernelLocks(fd).waiters.filter((pid) => seenHelper(pid)?.priority !== 'background');
}
