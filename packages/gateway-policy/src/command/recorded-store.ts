/**
 * The file of a recorded dataplane. Only a regular file is read, as only one is written: a link planted in its place
 * would pass off another document as what is live, and a FIFO would hang the run under its lock.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { errnoOf, HoldfastError, isHoldfastError } from '@holdfast/base';
import type { RecordedStore } from '../index.ts';

// Undefined on Windows.
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * `read` throws HoldfastError TARGET_REFUSED for a link, directory, FIFO or device, and READ_FAILED for what is there and
 * cannot be read; `write` throws as `AtomicWriter.write` does.
 */
export function recordedStore(path: string): RecordedStore {
  const writer = new AtomicWriter({ durability: 'file' });
  return {
    read: async () => {
      try {
        return await readRegularFile(path);
      } catch (cause) {
        if (errnoOf(cause) === 'ENOENT') return undefined;
        throw readFailure(path, cause);
      }
    },
    write: async (text) => {
      await writer.write(path, text);
    },
  };
}

async function readRegularFile(path: string): Promise<string> {
  await using file = await open(path, flags);
  if (!(await file.stat()).isFile()) throw refused(path, 'is not a regular file');
  return await file.readFile('utf8');
}

function readFailure(path: string, cause: unknown): HoldfastError {
  if (isHoldfastError(cause)) return cause;
  const errno = errnoOf(cause);
  if (errno === 'ELOOP') return refused(path, 'is a symbolic link', cause);
  return new HoldfastError('READ_FAILED', `${path} cannot be read (${errno ?? 'unknown error'})`, {
    cause,
    details: { path, errno },
  });
}

function refused(path: string, why: string, cause?: unknown): HoldfastError {
  return new HoldfastError('TARGET_REFUSED', `${path} ${why}`, { cause, details: { path } });
}
