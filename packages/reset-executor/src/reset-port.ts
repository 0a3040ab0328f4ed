/**
 * The file system calls a reset is made of: those of an atomic write, and links, directories and identities. Every
 * effect goes through it, so a test can fail, or die at, the n-th call.
 */
import { type BigIntStats, constants, linkSync, lstatSync, mkdirSync, openSync, rmdirSync } from 'node:fs';
import { type FileFacts, type FilePort, nodeFilePort } from '@holdfast/atomic-writer';

export interface FileIdentity {
  readonly kind: FileFacts['kind'];
  /** Permission bits, 0 to 0o777. */
  readonly mode: number;
  readonly sizeBytes: number;
  /** Device and inode as decimal text: as numbers they lose digits. Two names with both equal are one file. */
  readonly device: string;
  readonly inode: string;
  /** Time of the last change of its content, in nanoseconds, as decimal text. */
  readonly modifiedNs: string;
}

export interface ResetPort extends FilePort {
  /** What `path` itself is, links not followed; undefined when nothing has that name. */
  identify(path: string): FileIdentity | undefined;
  /** Opens `path` for reading; fails with ELOOP on a link, does not block on a FIFO. */
  openFile(path: string): number;
  link(from: string, to: string): void;
  /** Creates a directory, 0700. */
  makeDirectory(path: string): void;
  removeDirectory(path: string): void;
}

const privateMode = 0o700;
// Undefined on Windows.
const readFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export const nodeResetPort: ResetPort = {
  ...nodeFilePort,
  identify: (path) => {
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    return {
      kind: kindOf(stats),
      mode: Number(stats.mode) & 0o777,
      sizeBytes: Number(stats.size),
      device: `${stats.dev}`,
      inode: `${stats.ino}`,
      modifiedNs: `${stats.mtimeNs}`,
    };
  },
  openFile: (path) => openSync(path, readFlags),
  link: linkSync,
  makeDirectory: (path) => mkdirSync(path, privateMode),
  removeDirectory: rmdirSync,
};

function kindOf(stats: BigIntStats): FileIdentity['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : 'other';
}
