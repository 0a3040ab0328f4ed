/**
 * The kernel's own list of flock(2) holders and waiters, foreign `flock(1)` processes included. Linux only: elsewhere
 * the list is empty.
 *
 * @see proc_locks(5): `1: FLOCK ADVISORY WRITE 4711 fe:00:131 0 EOF`, waiters with `->` before the kind
 */
import { fstatSync, readFileSync, type Stats, statSync } from 'node:fs';
import { errnoOf } from '@holdfast/base';

export interface KernelLocks {
  /** `major:minor:inode` as the kernel prints it; undefined when nothing has that path. */
  readonly fileId?: string;
  readonly holders: readonly number[];
  readonly waiters: readonly number[];
}

/** Pids that hold or wait for the lock of the file at `target` (a path or a descriptor). */
export function kernelLocks(target: string | number): KernelLocks {
  const stat = typeof target === 'number' ? fstatSync(target) : statOrUndefined(target);
  const holders: number[] = [];
  const waiters: number[] = [];
  if (stat === undefined) return { holders, waiters };
  const id = kernelId(stat);
  for (const line of readLockTable().split('\n')) {
    if (!line.includes(id)) continue;
    const fields = line.trim().split(/\s+/);
    const isWaiter = fields[1] === '->';
    const [kind, , , pid, file] = fields.slice(isWaiter ? 2 : 1);
    if (kind !== 'FLOCK' || file !== id) continue;
    (isWaiter ? waiters : holders).push(Number(pid));
  }
  return { fileId: id, holders, waiters };
}

/** `major:minor:inode` as the kernel prints it: device numbers in two-digit hex, the inode in decimal. */
function kernelId(stat: Stats): string {
  const major = ((stat.dev / 0x100) & 0xfff) >>> 0;
  const minor = ((stat.dev & 0xff) | ((stat.dev / 0x1000) & 0xfff00)) >>> 0;
  const hex = (value: number) => value.toString(16).padStart(2, '0');
  return `${hex(major)}:${hex(minor)}:${stat.ino}`;
}

function readLockTable(): string {
  try {
    return readFileSync('/proc/locks', 'latin1');
  } catch {
    return ''; // not Linux, or /proc is hidden
  }
}

function statOrUndefined(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
