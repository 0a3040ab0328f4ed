/**
 * The text of a configuration file, taken from one descriptor. Only a regular file of at most 1 MiB is read, and a FIFO
 * or device in its place neither blocks nor is read without end. Links are followed: a file of /etc may be one.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { HoldfastError } from '@holdfast/base';

const mostBytes = 2 ** 20;

// Undefined on Windows.
const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * @throws Error - a system error, when the file cannot be opened or read
 * @throws HoldfastError CONFIG_INVALID - no regular file, or too large
 */
export function readConfigText(path: string): string {
  const descriptor = openSync(path, flags);
  try {
    if (!fstatSync(descriptor).isFile()) throw refused(path, 'is not a regular file');
    return readBounded(descriptor, path);
  } finally {
    closeSync(descriptor);
  }
}

/** Counts what is read instead of asking for the size: files of /proc have none, and a file may grow. */
function readBounded(descriptor: number, path: string): string {
  const chunks: Buffer[] = [];
  for (let sizeBytes = 0; sizeBytes <= mostBytes; ) {
    const chunk = Buffer.allocUnsafe(65_536);
    const readBytes = readSync(descriptor, chunk);
    if (readBytes === 0) return Buffer.concat(chunks).toString('utf8');
    chunks.push(chunk.subarray(0, readBytes));
    sizeBytes += readBytes;
  }
  throw refused(path, 'is larger than 1 MiB');
}

function refused(path: string, why: string): HoldfastError {
  return new HoldfastError('CONFIG_INVALID', `the configuration file ${path} ${why}`, { details: { path } });
}
