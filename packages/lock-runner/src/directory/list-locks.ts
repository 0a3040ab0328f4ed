/**
 * The locks of a directory, by the files that are there, with who holds and who waits. A scope is stored nowhere: what is
 * known of it is the readable beginning that its file names have.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, errnoOf, type LockReport, systemClock } from '@holdfast/base';
import { whoHolds } from '../flock/who.ts';
import { claimPath } from '../lockfile/lockfile-claim.ts';
import { whoClaims } from '../lockfile/lockfile-who.ts';
import { lockDirectoryError } from './lock-directory-error.ts';

export interface ListedLock extends LockReport {
  /** Letters, digits and hyphens of the scope's beginning; empty when it has none. */
  readonly prefix: string;
  /** Name of its lock file. */
  readonly file: string;
}

/**
 * Sorted by name. Takes no lock.
 *
 * @returns undefined when there is no such directory
 * @throws HoldfastError LOCK_DIRECTORY - it cannot be read
 */
export function listLocks(directory: string, clock: Clock = systemClock): readonly ListedLock[] | undefined {
  const names = namesIn(directory);
  if (names === undefined) return undefined;
  const present = new Set(names);
  const prefixes = new Map(names.flatMap((name) => lockNameOf(name)));
  return [...prefixes].map(([file, prefix]) => {
    const path = join(directory, file);
    const isClaimed = present.has(claimPath(file));
    return { prefix, file, ...(isClaimed ? whoClaims(path, clock) : whoHolds(path, clock.wallMs())) };
  });
}

/** Beside the lock file lie its claim, its fence and more, and the lockfile backend makes no lock file at all. */
function lockNameOf(name: string): readonly (readonly [file: string, prefix: string])[] {
  const [, base, prefix = ''] = /^((?:([a-z0-9-]+)\.)?[0-9a-f]{32})\.[a-z]/.exec(name) ?? [];
  return base === undefined ? [] : [[`${base}.lock`, prefix]];
}

function namesIn(directory: string): readonly string[] | undefined {
  try {
    return readdirSync(directory).sort();
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw lockDirectoryError(directory, cause);
  }
}
