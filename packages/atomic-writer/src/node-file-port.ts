/** The real file system behind `FilePort`: `node:fs` on Node and Bun, with the platform's differences decided once. */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsync,
  fsyncSync,
  lstatSync,
  openSync,
  read,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  type Stats,
  unlinkSync,
  write,
  writeSync,
} from 'node:fs';
import { readdir } from 'node:fs/promises';
import { errnoOf } from '@holdfast/base';
import type { FileFacts, FilePort } from './file-port.ts';

const isWindows = process.platform === 'win32';

// Undefined on Windows, where the name of a link cannot be opened with O_EXCL either.
const noFollow = constants.O_NOFOLLOW ?? 0;
// Read back through the same descriptor: by its name, a file may not be open to this user once it has its mode.
const createFlags = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | noFollow;
const openFlags = constants.O_RDWR | noFollow;
const directoryFlags = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0);
const privateMode = 0o600;

export const nodeFilePort: FilePort = {
  // On POSIX EPERM and EACCES are about permissions and stay; on Windows they are how sharing violations arrive.
  retryableErrnos: new Set(isWindows ? ['EBUSY', 'EPERM', 'EACCES'] : ['EBUSY']),
  canFlushDirectories: !isWindows,

  inspect: (path) => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats === undefined ? undefined : factsOf(stats);
  },
  resolve: (path) => realpathSync.native(path),
  create: (path) => openSync(path, createFlags, privateMode),
  open: (path) => openSync(path, openFlags),
  openDirectory: (path) => openSync(path, directoryFlags),
  measure: (descriptor) => factsOf(fstatSync(descriptor)),
  write: (descriptor, bytes, offset, length) => writeSync(descriptor, bytes, offset, length),
  writeLater: (descriptor, bytes, offset, length) =>
    new Promise((resolve, reject) => {
      write(descriptor, bytes, offset, length, null, (error, written) => {
        if (error === null) resolve(written);
        else reject(error);
      });
    }),
  read: (descriptor, into, position) => readSync(descriptor, into, 0, into.length, position),
  readLater: (descriptor, into, position) =>
    new Promise((resolve, reject) => {
      read(descriptor, into, 0, into.length, position, (error, bytesRead) => {
        if (error === null) resolve(bytesRead);
        else reject(error);
      });
    }),
  setMode: fchmodSync,
  setOwner: fchownSync,
  flush: fsyncSync,
  flushLater: (descriptor) =>
    new Promise((resolve, reject) => {
      fsync(descriptor, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    }),
  close: closeSync,
  rename: renameSync,
  unlink: unlinkSync,
  list: (directory) => readdir(directory),
  mountTable: () => {
    try {
      return readFileSync('/proc/self/mountinfo', 'utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return ''; // no /proc: not Linux
      throw error;
    }
  },
};

function factsOf(stats: Stats): FileFacts {
  const { mode, size, uid, gid } = stats;
  return { kind: kindOf(stats), mode: mode & 0o777, sizeBytes: size, uid, gid };
}

function kindOf(stats: Stats): FileFacts['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : 'other';
}
