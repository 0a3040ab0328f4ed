/** Moves what is no event out of the way, where a person finds it: it is evidence of a defect or of an attack. */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '@holdfast/base';
import type { RefusedFile } from './spool-directory.ts';

/** Files that are kept. Beyond that they are deleted: whoever floods the spool must not fill the disk. */
const mostKept = 1_000;

/** @returns those that could not be moved, with the reason */
export async function refuseFiles(
  directory: string,
  files: readonly RefusedFile[],
): Promise<readonly RefusedFile[]> {
  if (files.length === 0) return [];
  const place = join(directory, 'refused');
  const stuck: RefusedFile[] = [];
  let kept = await prepare(place);
  for (const { name } of files) {
    const path = join(directory, name);
    kept += 1;
    try {
      if (kept > mostKept) await rm(path, { force: true });
      else await rename(path, join(place, name));
    } catch (error) {
      const errno = errnoOf(error);
      if (errno !== 'ENOENT')
        stuck.push({ name, because: `it cannot be moved (${errno ?? 'unknown error'})` });
    }
  }
  return stuck;
}

/** @returns how many files are there */
async function prepare(place: string): Promise<number> {
  try {
    await mkdir(place, { mode: 0o700, recursive: true });
    return (await readdir(place)).length;
  } catch {
    return 0; // what is wrong with it shows when a file is moved
  }
}
