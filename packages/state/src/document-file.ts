/**
 * The bytes of a document file, taken from one descriptor: a rename during the read changes the name, not what is read.
 * Absent is an answer, unreadable an error. Links are refused and a FIFO does not block, so a planted name cannot hang
 * or mislead a reader.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { errnoOf, HoldfastError, isHoldfastError } from '@holdfast/base';

// Undefined on Windows.
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * @returns undefined when nothing has that name
 * @throws HoldfastError READ_FAILED - it is there and cannot be read; `details.errno`
 * @throws HoldfastError TARGET_REFUSED - a link, directory, FIFO or device
 */
export async function readDocumentFile(path: string): Promise<Buffer | undefined> {
  try {
    const file = await open(path, flags);
    try {
      requireFile(path, await file.stat());
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    return absentOrThrow(path, error);
  }
}

/** `readDocumentFile`, blocking: about 10 µs for a small document in the page cache. */
export function readDocumentFileSync(path: string): Buffer | undefined {
  try {
    const descriptor = openSync(path, flags);
    try {
      requireFile(path, fstatSync(descriptor));
      return readFileSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return absentOrThrow(path, error);
  }
}

function requireFile(path: string, stats: { isFile(): boolean }): void {
  if (stats.isFile()) return;
  throw new HoldfastError('TARGET_REFUSED', `${path} is not a regular file`, { details: { path } });
}

function absentOrThrow(path: string, cause: unknown): undefined {
  const errno = errnoOf(cause);
  if (errno === 'ENOENT') return undefined;
  if (errno === 'ELOOP') {
    throw new HoldfastError('TARGET_REFUSED', `${path} is a symbolic link`, { cause, details: { path } });
  }
  if (isHoldfastError(cause)) throw cause;
  throw new HoldfastError('READ_FAILED', `${path} cannot be read`, { cause, details: { path, errno } });
}
