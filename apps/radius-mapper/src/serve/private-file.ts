/** A file that holds a secret: small, regular, and nobody's to read but its owner's, and a group's where it was given to one. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { errnoOf, HoldfastError } from '@holdfast/base';

const mostBytes = 65_536;
/** Readable by the world; writable by anybody else. */
const forbidden = 0o027;

/**
 * @returns the text; undefined when there is no such file
 * @throws HoldfastError SECRET_EXPOSED - others can read or write it
 * @throws HoldfastError READ_FAILED - it cannot be opened or read
 * @throws HoldfastError CONFIG_INVALID - it is no regular file, or too large
 */
export function readPrivateFile(path: string): string | undefined {
  let descriptor: number;
  try {
    // A FIFO in its place must not keep us waiting.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw unreadable(path, cause);
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile())
      throw new HoldfastError('CONFIG_INVALID', `${path} is no regular file`, { details: { path } });
    if ((stat.mode & forbidden) !== 0) throw exposed(path, stat.mode);
    return read(path, descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function read(path: string, descriptor: number): string {
  const buffer = Buffer.alloc(mostBytes + 1);
  let length: number;
  try {
    length = readSync(descriptor, buffer);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (length <= mostBytes) return buffer.toString('utf8', 0, length);
  throw new HoldfastError('CONFIG_INVALID', `${path} is larger than ${mostBytes} bytes`, {
    details: { path },
  });
}

function exposed(path: string, mode: number): HoldfastError {
  const bits = (mode & 0o777).toString(8).padStart(3, '0');
  return new HoldfastError(
    'SECRET_EXPOSED',
    `others than its owner can read or write ${path} (mode ${bits})`,
    {
      details: { path, mode: bits },
    },
  );
}

function unreadable(path: string, cause: unknown): HoldfastError {
  return new HoldfastError('READ_FAILED', `${path} cannot be read (${errnoOf(cause) ?? 'unknown error'})`, {
    cause,
    details: { path },
  });
}
