/**
 * Lock files that stay open between two holds of this process, unlocked: opening and closing costs more than locking. One
 * per path; whoever takes one has to ask whether the path still names it.
 */
import { readFileSync } from 'node:fs';
import { sep } from 'node:path';
import type { LockMode } from '@holdfast/base';
import { unlockFlock } from './flock-ffi.ts';
import { idleHelpersEnded } from './helper-pool.ts';
import { IdlePool } from './idle-pool.ts';
import {
  closeLockFile,
  type LockFile,
  type OpenLockFile,
  openAndTryLock,
  openLockFile,
  type TriedFile,
} from './lock-file.ts';

/** As many as a store has locks. */
const mostLockFiles = 4_096;
/** Of what this process may have open, so that the rest of it does not run short. */
const part = 1 / 4;
/** Where nobody tells. */
const usualLimit = 1_024;

/** So many are kept at the most. */
export const mostKept = keptWithin(processLimits());
const kept = new IdlePool<string, LockFile>({ most: mostKept, discard: closeLockFile });

/** As `openAndTryLock`, with the file that is kept for `path`, if there is one. */
export function tryKeptFile(path: string, mode: LockMode, open: OpenLockFile = openLockFile): TriedFile {
  return openAndTryLock(path, mode, (name) => kept.take(name) ?? open(name));
}

/** Keeps a file that is not locked. */
export function keepFile(file: LockFile): void {
  kept.keep(file.path, file);
}

/** Gives the lock back and keeps the file. Not for one that a child has inherited: it would lose its lock. */
export function unlockAndKeep(file: LockFile): void {
  if (kept.keep(file.path, file)) unlockFlock(file.fd);
}

/**
 * Closes what is kept, in one directory or everywhere, and ends idle helpers: so that nothing of this process is left
 * there. Holds and waits are not touched.
 */
export async function closeIdleLockFiles(directory?: string): Promise<void> {
  kept.clear((path) => directory === undefined || path.startsWith(`${directory}${sep}`));
  await idleHelpersEnded();
}

/** @param limits - as proc_pid_limits(5) has them: `Max open files   1024   524288   files`; the first one counts */
export function keptWithin(limits: string): number {
  const openFiles = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1] ?? String(usualLimit);
  if (openFiles === 'unlimited') return mostLockFiles;
  return Math.min(mostLockFiles, Math.floor(Number(openFiles) * part));
}

function processLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'latin1');
  } catch {
    return ''; // no /proc
  }
}
