/**
 * The kernel's own list of flock(2) holders and waiters, foreign `flock(1)` processes included. Linux only: elsewhere
 * the list is empty.
 *
 * @see proc_locks(5): `1: FLOCK ADVISORY WRITE 4711 fe:00:131 0 EOF`, waiters with `->` before the kind
 */
import { readFileSync } from 'node:fs';
import { kernelFileId } from './kernel-file-id.ts';

export interface KernelLocks {
  /** `major:minor:inode` as the kernel prints it; undefined when nothing has that path. */
  readonly fileId?: string;
  readonly holders: readonly number[];
  readonly waiters: readonly number[];
  /** Those of the waiters who want it for themselves. */
  readonly exclusiveWaiters: readonly number[];
}

/** Pids that hold or wait for the lock of the file at `target` (a path or a descriptor). */
export function kernelLocks(target: string | number): KernelLocks {
  const fileId = kernelFileId(target);
  if (fileId === undefined) return { holders: [], waiters: [], exclusiveWaiters: [] };
  const lines = readLockTable()
    .split('\n')
    .flatMap((line) => (line.includes(fileId) ? (parsedLine(line, fileId) ?? []) : []));
  const waiting = lines.filter(({ isWaiter }) => isWaiter);
  return {
    fileId,
    holders: lines.filter(({ isWaiter }) => !isWaiter).map(({ pid }) => pid),
    waiters: waiting.map(({ pid }) => pid),
    exclusiveWaiters: waiting.filter(({ isExclusive }) => isExclusive).map(({ pid }) => pid),
  };
}

interface LockLine {
  readonly pid: number;
  readonly isWaiter: boolean;
  readonly isExclusive: boolean;
}

function parsedLine(line: string, fileId: string): LockLine | undefined {
  const fields = line.trim().split(/\s+/);
  const isWaiter = fields[1] === '->';
  const [kind, , mode, pid, file] = fields.slice(isWaiter ? 2 : 1);
  if (kind !== 'FLOCK' || file !== fileId) return undefined;
  return { pid: Number(pid), isWaiter, isExclusive: mode === 'WRITE' };
}

function readLockTable(): string {
  try {
    return readFileSync('/proc/locks', 'latin1');
  } catch {
    return ''; // not Linux, or /proc is hidden
  }
}
