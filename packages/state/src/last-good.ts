/**
 * The second copy of a document: the generation before the current one, as a hard link made right before the rename
 * that replaces it. A link costs no space and no flush, and its content was flushed when it was current. Also moves
 * damaged files aside: they are evidence, never deleted.
 */
import { linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import type { AtomicWriter } from '@holdfast/atomic-writer';
import { errnoOf } from '@holdfast/base';

/** Errnos with which file systems without hard links, or that forbid this one, refuse link(2). */
const refusesLinks = new Set(['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV']);

export function lastGoodPath(path: string): string {
  return `${path}.last-good`;
}

/**
 * Makes the whole document at `path` the last good one. Between the two calls there is no last good generation; the
 * current one has just been verified under the lock.
 *
 * @param bytes - the content of `path`, for a copy where links are not possible
 * @param link - link(2); tests refuse it
 */
export function keepLastGood(path: string, bytes: Uint8Array, writer: AtomicWriter, link = linkSync): void {
  const lastGood = lastGoodPath(path);
  unlinkIfPresent(lastGood);
  try {
    link(path, lastGood);
  } catch (error) {
    if (!refusesLinks.has(errnoOf(error) ?? '')) throw error;
    writer.writeSync(lastGood, bytes);
  }
}

/** Renames a damaged file to `PATH.damaged-MS`, a name that nothing has yet. Absent is fine. */
export function setAside(path: string, wallMs: number): void {
  let stamp = Math.trunc(wallMs);
  while (lstatSync(`${path}.damaged-${stamp}`, { throwIfNoEntry: false }) !== undefined) stamp += 1;
  ignoreAbsent(() => renameSync(path, `${path}.damaged-${stamp}`));
}

export function unlinkIfPresent(path: string): void {
  ignoreAbsent(() => unlinkSync(path));
}

function ignoreAbsent(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}
