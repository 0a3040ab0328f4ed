/**
 * Who lets others go first, across processes, ten times at the most. A background task that has waited does it for the
 * interactive ones that wait. A shared lock that was granted at once does it for the exclusive ones: the kernel lets readers
 * in as long as readers are inside, and a writer could wait for ever. They look who waits, give the lock up, and ask again
 * when one of them has it.
 *
 * Who has been woken to take the lock is for a moment neither a waiter nor the holder, on a busy machine for many
 * milliseconds. Queueing at once would slip in front of the very one that was let pass; so it is watched until it is seen
 * with the lock.
 */
import type { Clock } from '@holdfast/base';
import { isContended, mostOvertakes, type QueueMember } from '../process/process-queue.ts';
import { kernelLocks } from './kernel-locks.ts';
import type { LockFile } from './lock-file.ts';
import { seenHelper } from './seen-helper.ts';

/** Between two looks, in milliseconds: looking without a pause would keep the others from their turn. */
const lookEveryMs = 1;
/** So many looks in a row at which they are neither waiting nor holding: they came and went between two of them. */
const missesOfServed = 25;
/** Nobody is watched for longer, in milliseconds. */
const patienceMs = 1_000;

/** Those who wait in the kernel, by pid; none when they wait in this process only. */
export type Preferred = readonly number[];

/**
 * Who has to be let pass before a task may use what it has been granted; undefined when nobody has.
 *
 * @param hasQueued - whether it was granted in the kernel's queue, after those who came before it
 */
export function preferredTo(
  file: LockFile,
  member: QueueMember,
  { hasQueued }: { readonly hasQueued: boolean },
): Preferred | undefined {
  if (member.overtakenBy >= mostOvertakes) return undefined;
  const urgent = member.priority === 'background' ? urgentTo(file) : undefined;
  return urgent ?? (member.mode === 'shared' && !hasQueued ? writersOf(file) : undefined);
}

function urgentTo({ path, fd }: LockFile): Preferred | undefined {
  const waiters = interactiveWaiters(fd);
  return waiters.length > 0 || isContended(path, 'interactive') ? waiters : undefined;
}

/** Those whose process has died wait for nobody. */
function writersOf({ fd }: LockFile): Preferred | undefined {
  const writers = kernelLocks(fd).exclusiveWaiters.filter((pid) => {
    const helper = seenHelper(pid);
    return helper === undefined || helper.owner !== undefined;
  });
  return writers.length > 0 ? writers : undefined;
}

/** Resolves when one of them has the lock, has had it, or could have had it for long enough. */
export async function untilServed(
  path: string,
  preferred: Preferred,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const untilMs = clock.monotonicMs() + patienceMs;
  const isMeant = (pid: number) => preferred.includes(pid);
  for (let misses = 0; misses < missesOfServed && preferred.length > 0; ) {
    await clock.sleep(lookEveryMs, signal);
    const { holders, waiters } = kernelLocks(path);
    if (holders.some(isMeant) || clock.monotonicMs() > untilMs) return;
    misses = waiters.some(isMeant) ? 0 : misses + 1;
  }
}

/** A foreign flock(1) has perhaps a person in front of it: it counts as interactive. */
export function interactiveWaiters(fd: number): Preferred {
  return kernelLocks(fd).waiters.filter((pid) => seenHelper(pid)?.priority !== 'background');
}
