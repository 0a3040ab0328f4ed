/** Where the catalogues are: `cache` in the state directory, one document per source. */
import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HoldfastError } from '@holdfast/base';
import { prepareDirectory } from '@holdfast/host/config';

/** The scope of the one lock under which anything in the cache is written. */
export const cacheScope = 'cache';

export function cacheDirectoryOf(stateDirectory: string): string {
  return join(resolve(stateDirectory), 'cache');
}

/** A readable beginning, and for what may be any URL or path a hash of the whole. */
export function documentNameOf({
  name,
  location,
}: {
  readonly name: string;
  readonly location: string;
}): string {
  if (name === 'foojay') return 'foojay.json';
  const readable = location.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(-40);
  return `${name}${readable.startsWith('-') ? '' : '-'}${readable}.${hashOf(location)}.json`;
}

/**
 * Makes the directory usable for a writer: there, of this user, and closed to the writes of others.
 *
 * @throws HoldfastError CACHE_DIRECTORY - it is not, and nothing was touched
 * @throws HoldfastError STATE_DIRECTORY - it cannot be created
 */
export function prepareCacheDirectory(directory: string): void {
  prepareDirectory(directory);
  const stats = lstatSync(directory);
  const user = process.geteuid?.();
  if (!stats.isDirectory()) throw unusable(directory, 'is not a directory');
  if (user === undefined) return; // Windows knows no such owners
  if (stats.uid !== user) throw unusable(directory, `is of user ${stats.uid}, and this is user ${user}`);
  if ((stats.mode & 0o022) !== 0) throw unusable(directory, 'lets other users write');
}

function unusable(directory: string, why: string): HoldfastError {
  return new HoldfastError('CACHE_DIRECTORY', `${directory} ${why}`, { details: { directory } });
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
