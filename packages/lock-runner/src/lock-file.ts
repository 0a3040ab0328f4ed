/**
 * One lock file. Created 0600 without following links, never truncated before the lock is held, never unlinked by us.
 * Since somebody else may unlink or replace it, a grant counts only while the path still names the locked inode.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, type Stats } from 'node:fs';
import { errnoOf, HoldfastError, type LockMode } from '@holdfast/base';
import { tryFlock } from './flock-ffi.ts';

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

/** How often in a row the file may be replaced between opening and locking before it is taken for a fault. */
const mostReplacements = 100;

/**
 * Opens and locks the file, if that is possible now.
 *
 * @returns undefined when somebody else holds it
 * @throws HoldfastError LOCK_DIRECTORY - as `openLockFile`, or the path never names the file that was opened
 */
export function tryLockFile(path: string, mode: LockMode): LockFile | undefined {
  for (let replacements = 0; replacements < mostReplacements; replacements += 1) {
    const file = openLockFile(path);
    let isOurs = false;
    try {
      if (!tryFlock(file.fd, mode)) return undefined;
      isOurs = isCurrentLockFile(file);
      if (isOurs) return file;
      // Locked, but the path names another file by now: somebody unlinked it. Lock the new one.
    } finally {
      if (!isOurs) closeLockFile(file);
    }
  }
  throw failed(path, 'names another file each time it is locked');
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

export function closeLockFile({ fd }: LockFile): void {
  closeSync(fd);
}

function openDescriptor(path: string): number {
  try {
    return openSync(path, openFlags | constants.O_CREAT, 0o600);
  } catch (cause) {
    const errno = errnoOf(cause);
    // In a sticky directory O_CREAT on another user's file is refused; the file itself may still be ours to open.
    if (errno === 'EACCES') return openExisting(path, cause);
    throw failed(path, errno === 'ELOOP' ? 'is a symbolic link' : `cannot be opened (${errno})`, cause);
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
