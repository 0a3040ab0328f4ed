/** A second name for a damaged file, so that what replaces it leaves it to people: `PATH.damaged-MS`. Absent is fine. */
import { constants, copyFileSync, existsSync, linkSync } from 'node:fs';
import { errnoOf, HoldfastError } from '@holdfast/base';

/** @throws HoldfastError WRITE_FAILED - it cannot be kept, and is left alone */
export function keepEvidence(path: string, stamp: number): void {
  if (!existsSync(path)) return;
  let free = stamp;
  while (existsSync(`${path}.damaged-${free}`)) free += 1;
  const name = `${path}.damaged-${free}`;
  try {
    linkOrCopy(path, name);
  } catch (cause) {
    const errno = errnoOf(cause);
    throw new HoldfastError('WRITE_FAILED', `${path} is damaged and cannot be kept as evidence (${errno})`, {
      cause,
      details: { path, errno },
    });
  }
}

function linkOrCopy(path: string, name: string): void {
  try {
    linkSync(path, name);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    copyFileSync(path, name, constants.COPYFILE_EXCL); // a file system without links
  }
}
