/** What waits in the spool of the hooks, and what was refused there. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, HoldfastError } from '@holdfast/base';
import { listSpool, type RefusedFile } from '../spool/spool-directory.ts';

export interface SpoolStanding {
  readonly waiting: number;
  /** When the oldest was written, in milliseconds since the Unix epoch; undefined when none waits. */
  readonly oldestMs: number | undefined;
  /** Files that are no events of ours and will be refused. */
  readonly strangers: readonly RefusedFile[];
  /** How many were refused and are kept for people. */
  readonly refused: number;
}

/** @throws HoldfastError READ_FAILED - the spool is there and cannot be listed */
export async function readSpoolStanding(directory: string): Promise<SpoolStanding> {
  const { files, strangers } = await listSpool(directory);
  const [oldest] = files;
  return {
    waiting: files.length,
    oldestMs: oldest === undefined ? undefined : Number(oldest.writtenNs / 1_000_000n),
    strangers,
    refused: (await namesIn(join(directory, 'refused'))).length,
  };
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === 'ENOENT') return [];
    throw new HoldfastError('READ_FAILED', `${directory} cannot be read (${errno ?? 'unknown error'})`, {
      cause,
      details: { directory, errno },
    });
  }
}
