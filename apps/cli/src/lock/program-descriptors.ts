/**
 * The descriptors of a program that runs under a lock: what we were given beside the standard streams, on the same numbers
 * (`3>file` of a shell, the jobserver of make), and the lock on one that nobody uses.
 */
import { lstatSync } from 'node:fs';
import { descriptorsOf, type ProcessStart } from './process-start.ts';

/** Shells open their own from 10 on where that is free; a script that writes to 3 by mistake must not hit the lock. */
const firstForLock = 10;
/** The table that the program is started with has a place for each number up to the highest. */
const mostDescriptors = 1_024;

/** @returns what `spawn` wants as `stdio` */
export function programDescriptors(
  given: readonly number[],
  lock: number | undefined,
): readonly ('inherit' | 'ignore' | number)[] {
  const table: ('inherit' | 'ignore' | number)[] = ['inherit', 'inherit', 'inherit'];
  const put = (place: number, descriptor: number) => {
    while (table.length < place) table.push('ignore'); // above stderr that is: nothing
    table[place] = descriptor;
  };
  for (const descriptor of given.toSorted((a, b) => a - b)) put(descriptor, descriptor);
  if (lock === undefined) return table;
  let place = firstForLock;
  while (given.includes(place)) place += 1;
  put(place, lock);
  return table;
}

/** Of the descriptors that were open when we started those that were given to us; the runtime has opened the rest. */
export function givenDescriptors({ descriptors }: ProcessStart): readonly number[] {
  let ofParent: ReadonlySet<string> | undefined;
  const isOfRuntime = (target: string) => {
    if (/^anon_inode:\[(eventfd|eventpoll|io_uring|signalfd|timerfd)\]$/.test(target)) return true;
    // A pipe with both its ends here and none at whoever started us is one that a process writes to itself through.
    if (!target.startsWith('pipe:') || !hasBothEnds(descriptors, target)) return false;
    ofParent ??= new Set(descriptorsOf(process.ppid).values());
    return !ofParent.has(target);
  };
  return [...descriptors]
    .filter(([descriptor, target]) => descriptor < mostDescriptors && !isOfRuntime(target))
    .map(([descriptor]) => descriptor);
}

/** The mode of a descriptor's link says whether it is open for reading, writing or both. */
function hasBothEnds(descriptors: ProcessStart['descriptors'], pipe: string): boolean {
  let modes = 0;
  for (const [descriptor, target] of descriptors) {
    if (target === pipe)
      modes |= lstatSync(`/proc/self/fd/${descriptor}`, { throwIfNoEntry: false })?.mode ?? 0;
  }
  return (modes & 0o600) === 0o600;
}
