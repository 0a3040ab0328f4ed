/**
 * Where a key of a store lives. A key is hashed before it is used for anything: separators, length and hostility of a key
 * do not reach a path, a scope or a document. The first digits of the hash name the shard, and a shard is one document
 * with one lock; so a million keys make neither a million files nor a directory of many thousands.
 */
import { hash } from 'node:crypto';
import { join } from 'node:path';

export interface ShardOfKey {
  /** Digits of the shard, `3fa2`. */
  readonly shard: string;
  /** The key's name in the shard's document: 32 hexadecimal digits, which begin with the shard's. */
  readonly entry: string;
}

/** 128 bits: two keys do not meet by chance, and whoever makes two meet has spoiled keys of their own. */
const entryDigits = 32;

/** Digits of a shard that name its directory: 256 directories are few, and 256 files in each. */
const directoryDigits = 2;
/** Digits of a shard that name its lock. */
const scopeDigits = 3;

export function shardOfKey(key: string, shardDigits: number): ShardOfKey {
  const entry = hash('sha256', key, 'hex').slice(0, entryDigits);
  return { shard: entry.slice(0, shardDigits), entry };
}

/**
 * The lock of a shard, `SCOPE:3fa`: shards that begin alike share one. So a store has 4096 lock files at the most, and a reset
 * of all of it no more locks to hold. With 256, eight processes on two cores waited for each other: whoever is suspended
 * while it holds one stops everybody who comes by.
 */
export function scopeOfShard(scope: string, shard: string): string {
  return `${scope}:${shard.slice(0, scopeDigits)}`;
}

/** `DIRECTORY/3f/a2.json`; with up to two digits there is no directory between, `DIRECTORY/3f.json`. */
export function documentOfShard(directory: string, shard: string): string {
  if (shard.length <= directoryDigits) return join(directory, `${shard}.json`);
  return join(directory, shard.slice(0, directoryDigits), `${shard.slice(directoryDigits)}.json`);
}

/** The shard whose document has this path below the store's directory; undefined when none has. */
export function shardOfDocument(relativePath: string, shardDigits: number): string | undefined {
  const shard = /^((?:[0-9a-f]{2}\/)?[0-9a-f]+)\.json$/.exec(relativePath)?.[1]?.replace('/', '');
  if (shard?.length !== shardDigits) return undefined;
  return documentOfShard('', shard) === relativePath ? shard : undefined;
}

export function isEntryOf(shard: string, entry: string): boolean {
  return entry.length === entryDigits && entry.startsWith(shard) && /^[0-9a-f]+$/.test(entry);
}
