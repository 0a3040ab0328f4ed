/**
 * The stamp of a lock directory: a small file that names the one protocol by which it is locked. Processes that lock it by
 * different ones would not exclude each other, and neither would notice.
 *
 * Made once, by a link of a file that is whole already, so that of two processes that begin at the same moment exactly one
 * wins and nobody ever reads half a stamp. Never replaced: whoever wants another backend ends all processes that use the
 * directory and removes the stamp.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, linkSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, HoldfastError } from '@holdfast/base';
import { readHead } from '../flock/read-head.ts';
import { lockDirectoryError } from './lock-directory-error.ts';

/** `lockfile-network` is the lockfile backend without the guard that only works on one host. */
export type LockProtocol = 'flock' | 'lockfile' | 'lockfile-network';

const protocols: readonly string[] = ['flock', 'lockfile', 'lockfile-network'] satisfies LockProtocol[];
/** More than any stamp has. */
const longestStampBytes = 64;
/** Errnos of file systems without hard links. */
const withoutLinks: readonly (string | undefined)[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/**
 * Stamps the directory for `protocol`, or finds it stamped so.
 *
 * @throws HoldfastError LOCK_MIXED - it is stamped for another one
 * @throws HoldfastError DOCUMENT_INVALID - the stamp is damaged
 * @throws HoldfastError LOCK_DIRECTORY - there is no stamp, and none can be made
 */
export function stampLockDirectory(directory: string, protocol: LockProtocol): void {
  const path = join(directory, '.backend');
  const found = readStamp(path) ?? makeStamp(path, protocol);
  if (found === protocol) return;
  if (!protocols.includes(found)) {
    throw new HoldfastError('DOCUMENT_INVALID', `${path} names no backend`, { details: { path } });
  }
  throw new HoldfastError(
    'LOCK_MIXED',
    `${directory} is locked by ${found}, not by ${protocol}, as ${path} says`,
    { details: { directory, path, used: found, wanted: protocol } },
  );
}

/** @returns undefined when there is none */
function readStamp(path: string): string | undefined {
  try {
    return readHead(path, longestStampBytes).replace(/\n$/, '');
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw lockDirectoryError(path, cause);
  }
}

/** @returns what the stamp says then, ours or that of somebody who was faster */
function makeStamp(path: string, protocol: LockProtocol): string {
  const whole = `${path}.${randomBytes(16).toString('hex')}`;
  try {
    writeNew(whole, protocol);
    linkStamp(whole, path, protocol);
    return protocol;
  } catch (cause) {
    const winner = errnoOf(cause) === 'EEXIST' ? readStamp(path) : undefined;
    if (winner === undefined) throw lockDirectoryError(path, cause);
    return winner;
  } finally {
    rmSync(whole, { force: true });
  }
}

function linkStamp(whole: string, path: string, protocol: LockProtocol): void {
  try {
    linkSync(whole, path);
  } catch (error) {
    if (!withoutLinks.includes(errnoOf(error))) throw error;
    // A kill between its creation and its one write would leave it empty, which is then found damaged.
    writeNew(path, protocol);
  }
}

function writeNew(path: string, protocol: LockProtocol): void {
  const fd = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(fd, `${protocol}\n`);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}
