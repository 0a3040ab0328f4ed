/**
 * The spool directory as it stands: which files are events, in the order in which the kernel saw them written, and which
 * have no business there. Whoever may write into the directory may tell about sessions, and nobody else: a file of another
 * owner, a link or a device is never opened.
 */
import type { BigIntStats } from 'node:fs';
import { constants, readdirSync } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, HoldfastError } from '@holdfast/base';

export interface SpoolFile {
  readonly name: string;
  /** When it was written: the kernel's time, in nanoseconds since the Unix epoch. */
  readonly writtenNs: bigint;
}

export interface SpoolListing {
  /** Oldest first. */
  readonly files: readonly SpoolFile[];
  readonly strangers: readonly RefusedFile[];
  /** Temporary files of hooks that were killed. */
  readonly leftovers: readonly string[];
}

export interface RefusedFile {
  readonly name: string;
  readonly because: string;
}

/** Twice what the hook can write: every value 254 bytes long, and every byte of it encoded. */
const largestBytes = 24 * 1024;

const mostListed = 20_000;

/** A hook needs milliseconds; what it has not renamed in an hour it never will. */
const leftoverNs = 3_600_000_000_000n;

// Undefined on Windows.
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export function isEventName(name: string): boolean {
  return name.endsWith('.event') && !name.startsWith('.');
}

/**
 * Looks at 20 000 files at most; the others are left for the next time.
 *
 * @param at - the present moment, in milliseconds since the Unix epoch
 * @throws HoldfastError READ_FAILED - the directory cannot be listed. One that is not there has no events.
 */
export async function listSpool(directory: string, at: number = Date.now()): Promise<SpoolListing> {
  const names = (await namesIn(directory)).slice(0, mostListed);
  const place = names.length === 0 ? undefined : await statOf(directory);
  if (place === undefined) return { files: [], strangers: [], leftovers: [] };
  const oldNs = BigInt(Math.round(at)) * 1_000_000n - leftoverNs;
  const found: (readonly [string, BigIntStats])[] = [];
  for (const name of names) {
    const stats = await statOf(join(directory, name));
    if (stats !== undefined) found.push([name, stats]); // else ingested by somebody else
  }
  const events = found.filter(([name]) => isEventName(name));
  const judged = events.map(([name, stats]) => ({ name, stats, because: strangenessOf(stats, place) }));
  return {
    files: judged
      .filter(({ because }) => because === undefined)
      .map(({ name, stats }) => ({ name, writtenNs: stats.mtimeNs }))
      .toSorted(byTime),
    strangers: judged.flatMap(({ name, because }) => (because === undefined ? [] : [{ name, because }])),
    leftovers: found
      .filter(([name, stats]) => !isEventName(name) && stats.isFile() && stats.mtimeNs < oldNs)
      .map(([name]) => name),
  };
}

/** Whether a listing may find anything, or fail. At once: the thread pool takes a command longer to start than this. */
export function mayHaveEvents(directory: string): boolean {
  try {
    return readdirSync(directory).some(isSpooled);
  } catch (error) {
    return errnoOf(error) !== 'ENOENT'; // whoever lists it tells why
  }
}

/** @returns undefined when it is gone; a file that cannot be read is refused */
export async function readSpoolFile(
  directory: string,
  name: string,
): Promise<Uint8Array | RefusedFile | undefined> {
  try {
    await using file = await open(join(directory, name), flags);
    const bytes = Buffer.alloc(largestBytes + 1);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    if (bytesRead > largestBytes) return { name, because: 'it is too large' };
    return bytes.subarray(0, bytesRead);
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === 'ENOENT') return undefined;
    return { name, because: `it cannot be read (${errno ?? 'unknown error'})` };
  }
}

/** An event, or what is to become one. */
function isSpooled(name: string): boolean {
  return isEventName(name) || /^\..+\.tmp$/.test(name);
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).filter(isSpooled);
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === 'ENOENT') return [];
    throw new HoldfastError('READ_FAILED', `${directory} cannot be read (${errno ?? 'unknown error'})`, {
      cause,
      details: { directory, errno },
    });
  }
}

async function statOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Why a file is no event of ours, undefined when it is one. */
function strangenessOf(stats: BigIntStats, place: BigIntStats): string | undefined {
  if (!stats.isFile()) return 'it is not a regular file';
  if (stats.nlink !== 1n) return 'it has other names';
  if (stats.size > BigInt(largestBytes)) return 'it is too large';
  const isOurs = [0n, BigInt(process.geteuid?.() ?? 0), place.uid].includes(stats.uid);
  // A group that may write into the directory was given the right to tell about sessions; the whole world never is.
  const isOfGroup = (place.mode & 0o022n) === 0o020n;
  return isOurs || isOfGroup ? undefined : `it is owned by user ${stats.uid}`;
}

function byTime(one: SpoolFile, other: SpoolFile): number {
  if (one.writtenNs !== other.writtenNs) return one.writtenNs < other.writtenNs ? -1 : 1;
  return one.name < other.name ? -1 : 1;
}
