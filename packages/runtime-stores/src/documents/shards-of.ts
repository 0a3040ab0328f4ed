/** The documents that a store's directory has, by listing it: at most 256 directories of 256 files. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, HoldfastError } from '@holdfast/base';
import { shardOfDocument } from './shard-of-key.ts';

export interface FoundShards {
  /** In order. One is found also when only its last good generation is left. */
  readonly shards: readonly string[];
  /** Absolute paths of the directories that documents are in. */
  readonly directories: readonly string[];
}

/** @throws HoldfastError READ_FAILED - a directory cannot be listed; one that is absent has nothing */
export async function shardsOf(directory: string, shardDigits: number): Promise<FoundShards> {
  const shards = new Set<string>();
  const directories: string[] = [];
  for (const below of await directoriesBelow(directory, shardDigits)) {
    const names = await namesIn(join(directory, below));
    if (names === undefined) continue;
    directories.push(join(directory, below));
    for (const name of names) {
      const shard = shardOfDocument(join(below, name.replace(/\.last-good$/, '')), shardDigits);
      if (shard !== undefined) shards.add(shard);
    }
  }
  return { shards: [...shards].sort(), directories };
}

async function directoriesBelow(directory: string, shardDigits: number): Promise<readonly string[]> {
  if (shardDigits <= 2) return [''];
  return ((await namesIn(directory)) ?? []).filter((name) => /^[0-9a-f]{2}$/.test(name)).sort();
}

async function namesIn(directory: string): Promise<readonly string[] | undefined> {
  try {
    return await readdir(directory);
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === 'ENOENT') return undefined;
    throw new HoldfastError('READ_FAILED', `${directory} cannot be listed`, {
      cause,
      details: { path: directory, errno },
    });
  }
}
