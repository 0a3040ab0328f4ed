/** What a test has left behind in this process: descriptors, helper processes, queue entries, timers. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { closeIdleLockFiles } from '../flock/kept-lock-files.ts';
import { queuedKeys } from '../process/process-queue.ts';

/** Of locks below `directory`. What is kept for the next hold on purpose is closed before. */
export async function leftovers(directory: string, timersBefore: number): Promise<readonly string[]> {
  await closeIdleLockFiles();
  const open = readdirSync('/proc/self/fd').filter((fd) => isBelow(directory, fd));
  return [
    ...open.map((fd) => `descriptor of ${linkOf(`/proc/self/fd/${fd}`)}`),
    ...helpersIn(directory).map((pid) => `helper ${pid}`),
    ...queuedKeys().filter((key) => key.startsWith(directory) || key.includes(basename(directory))),
    ...((await isTimerLeft(timersBefore)) ? ['timer'] : []),
  ];
}

/** Whether a descriptor of this process is of something below `directory`. */
export function isBelow(directory: string, fd: string): boolean {
  return linkOf(`/proc/self/fd/${fd}`).startsWith(directory);
}

/** Helper processes of ours that wait for locks below `directory`, or idle. */
export function helpersIn(directory: string): readonly number[] {
  return childrenOf(process.pid).filter((pid) => linkOf(`/proc/${pid}/fd/3`).startsWith(directory));
}

/** Whether there are more for good: the test runner has one of its own at times, for a tenth of a second. */
export async function isTimerLeft(timersBefore: number): Promise<boolean> {
  for (let looks = 0; looks < 30 && activeTimers() > timersBefore; looks += 1) await delay(10);
  return activeTimers() > timersBefore;
}

export function activeTimers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const children = contentOf(`/proc/${pid}/task/${task}/children`).trim();
    return children === '' ? [] : children.split(' ').map(Number);
  });
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // it ended meanwhile
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}
