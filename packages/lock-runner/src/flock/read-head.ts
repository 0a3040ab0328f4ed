/**
 * The beginning of a small file that others can write to: however large or odd what stands there is, reading takes one
 * descriptor, one read and no waiting.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs';

/** A FIFO or link in the place of the file must neither hang nor lead elsewhere. */
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * At most the first `sizeBytes` of the file.
 *
 * @throws the error of open(2) or read(2), such as ENOENT or ELOOP
 */
export function readHead(path: string, sizeBytes: number): string {
  const fd = openSync(path, flags);
  try {
    const bytes = Buffer.alloc(sizeBytes);
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, sizeBytes, 0));
  } finally {
    closeSync(fd);
  }
}
