/**
 * One lock file. Created 0600 without following links, never truncated before the lock is held, never unlinked by us.
 * Since somebody else may unlink or replace it, a grant counts only while the path still names the locked inode.
 *
 * A lock belongs to the open file description, which helpers and other children share by inheriting the descriptor. So
 * closing gives it back only when nobody has inherited, and unlocking gives it back over the heads of those who have:
 * `closeLockFile` and `bequeathLockFile` are the two ways to end.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, type Stats } from 'node:fs';
import { errnoOf, HoldfastError, type LockMode } from '@holdfast/base';
import { lockDirectoryError } from '../directory/lock-directory-error.ts';
import { tryFlock, unlockFlock } from './flock-ffi.ts';
import { endHelpers, hasHelpers } from './helper-pool.ts';

/** An open lock file and the inode it is. */
export interface LockFile {
  readonly path: string;
  /** Closed on exec by Node's and Bun's own default. */
  readonly fd: number;
  readonly dev: number;
  readonly ino: number;
}

/**
 * O_RDWR, because NFSv4 wants a writable descriptor for an exclusive lock and the holder record is written to it.
 * O_NONBLOCK, so that a FIFO or device in the place of the file cannot hang the opening.
 */
const openFlags = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** @throws HoldfastError LOCK_DIRECTORY - the path is a link or no regular file, or may not be opened */
export function openLockFile(path: string): LockFile {
  const fd = openDescriptor(path);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw failed(path, 'is not a regular file');
    return { path, fd, dev: stat.dev, ino: stat.ino };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

export type OpenLockFile = (path: string) => LockFile;

/** How often in a row the file may be replaced between opening and locking before it is taken for a fault. */
const mostReplacements = 100;

/**
 * Opens the file and locks it, if that is possible now. It belongs to the caller from now on, locked or not.
 *
 * @param open - default `openLockFile`
 * @throws HoldfastError LOCK_DIRECTORY - as `openLockFile`, or the path never names the file that was opened
 */
export function openAndTryLock(path: string, mode: LockMode, open: OpenLockFile = openLockFile): TriedFile {
  for (let replacements = 0; replacements < mostReplacements; replacements += 1) {
    const file = open(path);
    let isCurrent = false;
    try {
      const isLocked = tryFlock(file.fd, mode);
      isCurrent = isCurrentLockFile(file);
      if (isCurrent) return { file, isLocked };
      // Locked or not, the path names another file by now: somebody unlinked this one. Try the new one.
    } finally {
      if (!isCurrent) closeLockFile(file);
    }
  }
  throw failed(path, 'names another file each time it is locked');
}

export interface TriedFile {
  readonly file: LockFile;
  readonly isLocked: boolean;
}

/** The same for those who would not wait: undefined when somebody else holds it. */
export function tryLockFile(path: string, mode: LockMode): LockFile | undefined {
  const { file, isLocked } = openAndTryLock(path, mode);
  if (isLocked) return file;
  closeLockFile(file);
  return undefined;
}

/** True while the path names the very file that is open. */
export function isCurrentLockFile({ path, dev, ino }: LockFile): boolean {
  // The number of an inode that is open is not given to another file, so a link count need not be asked for.
  const named: Stats | undefined = lstatSync(path, { throwIfNoEntry: false });
  return named !== undefined && named.ino === ino && named.dev === dev;
}

/** @throws HoldfastError LOCK_LOST - the file was unlinked or replaced, so another process may hold the new one */
export function requireCurrentLockFile(file: LockFile, scope: string): void {
  if (isCurrentLockFile(file)) return;
  throw new HoldfastError(
    'LOCK_LOST',
    `the lock file of ${scope} was removed or replaced while it was held`,
    {
      details: { scope, path: file.path },
    },
  );
}

/**
 * Closes the file and gives its lock back, also where others share it: a helper, or a child that another thread is just
 * starting, which has the descriptor until it executes its program.
 */
export function closeLockFile(file: LockFile): void {
  unlockFlock(file.fd);
  if (hasHelpers(file)) void endHelpers(file);
  closeSync(file.fd);
}

/** Closes the file and leaves its lock to the children that were handed the descriptor. Our own helpers are none. */
export function bequeathLockFile(file: LockFile): void | Promise<void> {
  const gone = hasHelpers(file) ? endHelpers(file) : undefined;
  closeSync(file.fd);
  return gone;
}

function openDescriptor(path: string): number {
  try {
    return openSync(path, openFlags | constants.O_CREAT, 0o600);
  } catch (cause) {
    const errno = errnoOf(cause);
    // In a sticky directory O_CREAT on another user's file is refused; the file itself may still be ours to open.
    if (errno === 'EACCES') return openExisting(path, cause);
    throw lockDirectoryError(path, cause);
  }
}

function openExisting(path: string, first: unknown): number {
  try {
    return openSync(path, openFlags);
  } catch {
    throw failed(path, 'may not be opened by this user', first);
  }
}

function failed(path: string, why: string, cause?: unknown): HoldfastError {
  return new HoldfastError('LOCK_DIRECTORY', `the lock file ${path} ${why}`, { cause, details: { path } });
}
