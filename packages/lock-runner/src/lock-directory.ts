/**
 * The directory of lock files: a real directory of this user, 0700, on a file system whose flock(2) excludes.
 *
 * `statfs` decides before the first lock call, because flock on NFS may hang unkillably, fail with EBADF, or
 * silently not exclude (cargo#2615, gofrs/flock#22). Nothing is skipped: what is not known to work is refused.
 */
import { lstatSync, mkdirSync, statfsSync } from 'node:fs';
import { errnoOf, HoldfastError } from '@holdfast/base';

/** f_type of file systems whose locks reach over a network or into a foreign daemon. @see statfs(2) */
const foreignFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x517b, 'SMB'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x65735546, 'FUSE'],
  [0x5346414f, 'AFS'],
  [0x73757245, 'Coda'],
  [0x0bd00bd0, 'Lustre'],
  [0x7461636f, 'OCFS2'],
]);

/**
 * Creates the directory when it is missing and checks it.
 *
 * @throws HoldfastError LOCK_DIRECTORY - not a directory, a link, another user's, or not creatable
 * @throws HoldfastError LOCK_UNSUPPORTED - on a network file system
 */
export function prepareLockDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw refused(directory, `cannot be created (${errnoOf(cause) ?? 'unknown error'})`, cause);
  }
  const stat = lstatSync(directory);
  if (stat.isSymbolicLink()) throw refused(directory, 'is a symbolic link');
  if (!stat.isDirectory()) throw refused(directory, 'is not a directory');
  const uid = process.geteuid?.();
  if (uid !== undefined && uid !== 0 && stat.uid !== uid)
    throw refused(directory, `belongs to uid ${stat.uid}`);
  if ((stat.mode & 0o022) !== 0) throw refused(directory, 'is writable for others');
  const kind = foreignFileSystems.get(statfsSync(directory).type);
  if (kind !== undefined) {
    throw new HoldfastError('LOCK_UNSUPPORTED', `the lock directory ${directory} is on ${kind}`, {
      details: { directory, fileSystem: kind },
    });
  }
}

function refused(directory: string, why: string, cause?: unknown): HoldfastError {
  return new HoldfastError('LOCK_DIRECTORY', `the lock directory ${directory} ${why}`, {
    cause,
    details: { directory },
  });
}
