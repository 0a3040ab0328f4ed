/**
 * The directory of lock files: a real directory of this user, 0700, locked by one protocol, on a file system where that
 * excludes. Nothing is skipped: what is not known to work is refused.
 */
import { accessSync, constants, lstatSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, HoldfastError } from '@holdfast/base';
import { type LockProtocol, stampLockDirectory } from './directory-stamp.ts';
import { fileSystemOf } from './file-system.ts';
import { lockDirectoryError } from './lock-directory-error.ts';

/**
 * Creates the directory when it is missing, checks it, and stamps it for `protocol`.
 *
 * @throws HoldfastError LOCK_DIRECTORY - not a directory, a link, or not creatable
 * @throws HoldfastError LOCK_DIRECTORY_OWNER - another user's
 * @throws HoldfastError LOCK_DIRECTORY_READ_ONLY, LOCK_DIRECTORY_FULL - nothing can be made in it
 * @throws HoldfastError LOCK_UNSUPPORTED - flock on a network file system
 * @throws HoldfastError LOCK_MIXED, DOCUMENT_INVALID - stamped for another protocol, or for none
 */
export function prepareLockDirectory(directory: string, protocol: LockProtocol = 'flock'): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    if (errnoOf(cause) === 'EEXIST') requireOwnDirectory(directory); // says better what is in its place
    // On a read-only file system Node reports ENOENT, for it looks what is there when it was refused.
    throw lockDirectoryError(directory, errnoOf(cause) === 'ENOENT' ? refusalAbove(directory) : cause);
  }
  requireOwnDirectory(directory);
  const { network } = fileSystemOf(directory);
  if (network !== undefined && protocol === 'flock') {
    throw new HoldfastError('LOCK_UNSUPPORTED', `the lock directory ${directory} is on ${network}`, {
      details: { directory, fileSystem: network },
    });
  }
  requireWritable(directory);
  stampLockDirectory(directory, protocol);
}

/** Why nothing can be made in the nearest ancestor that is there. */
function refusalAbove(directory: string): unknown {
  const parent = dirname(directory);
  try {
    accessSync(parent, constants.W_OK | constants.X_OK);
  } catch (error) {
    return errnoOf(error) === 'ENOENT' && parent !== directory ? refusalAbove(parent) : error;
  }
  return undefined;
}

function requireOwnDirectory(directory: string): void {
  const stat = lstatSync(directory);
  if (stat.isSymbolicLink()) throw refused(directory, 'is a symbolic link');
  if (!stat.isDirectory()) throw refused(directory, 'is not a directory');
  const uid = process.geteuid?.();
  if (uid !== undefined && uid !== 0 && stat.uid !== uid) {
    throw new HoldfastError(
      'LOCK_DIRECTORY_OWNER',
      `the lock directory ${directory} belongs to uid ${stat.uid}`,
      {
        details: { directory, owner: stat.uid, uid },
      },
    );
  }
  if ((stat.mode & 0o022) !== 0) throw refused(directory, 'is writable for others');
}

function requireWritable(directory: string): void {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new HoldfastError(
      'LOCK_DIRECTORY_READ_ONLY',
      `the lock directory ${directory} cannot be written (${errnoOf(cause)})`,
      {
        cause,
        details: { directory },
      },
    );
  }
}

function refused(directory: string, why: string): HoldfastError {
  return new HoldfastError('LOCK_DIRECTORY', `the lock directory ${directory} ${why}`, {
    details: { directory },
  });
}
