/**
 * A claim: the empty directory that proper-lockfile makes beside what is locked. Whoever made it holds the lock; its mtime
 * is kept fresh, so that others can see that somebody does. It stays empty, for foreign processes take over what they find
 * stale by removing it.
 *
 * A path says nothing about who made what it names now. So a claim is known by its inode, the time that was made and the
 * mtime that was set last; its maker keeps it open, which keeps the number of the inode from being given away again, and
 * sets its mtime through the descriptor, which can touch nobody else's.
 */
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  futimesSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
} from 'node:fs';
import { errnoOf, HoldfastError } from '@holdfast/base';
import { lockDirectoryError } from '../directory/lock-directory-error.ts';

/** One state of one claim. Another claim differs in it, and so does this one after a renewal. */
export interface ClaimFacts {
  readonly ino: bigint;
  /** 0 where the file system does not tell. */
  readonly birthtimeNs: bigint;
  readonly mtimeNs: bigint;
}

const { O_RDONLY, O_DIRECTORY = 0, O_NOFOLLOW = 0 } = constants;

/** Of the lock file at `lockPath`, as proper-lockfile names it. */
export function claimPath(lockPath: string): string {
  return `${lockPath}.lock`;
}

/**
 * Opened instead of looked up, because NFS answers a lookup from its cache and an opening from the server.
 *
 * @returns undefined when there is none
 * @throws HoldfastError LOCK_DIRECTORY - something else has that name
 */
export function readClaim(path: string): ClaimFacts | undefined {
  try {
    const fd = openClaim(path);
    try {
      return factsOf(fd);
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    if (isGone(cause)) return undefined;
    throw lockDirectoryError(path, cause);
  }
}

export function isSameClaim(one: ClaimFacts, other: ClaimFacts): boolean {
  return one.ino === other.ino && one.birthtimeNs === other.birthtimeNs && one.mtimeNs === other.mtimeNs;
}

/** A claim of this process. */
export class OwnClaim {
  readonly path: string;
  readonly #fd: number;
  #facts: ClaimFacts;
  #renewedMicros = 0;

  /** @throws the error of mkdir(2): EEXIST when somebody has it */
  constructor(path: string) {
    this.path = path;
    mkdirSync(path, 0o700);
    try {
      this.#fd = openClaim(path);
    } catch (error) {
      rmdirSync(path); // a process without descriptors must not keep a lock that it knows nothing of
      throw error;
    }
    this.#facts = factsOf(this.#fd);
  }

  get facts(): ClaimFacts {
    return this.#facts;
  }

  /** Whether the path still names it, as we left it. */
  isCurrent(): boolean {
    const named = readClaim(this.path);
    return named !== undefined && isSameClaim(named, this.#facts);
  }

  /**
   * Renews it.
   *
   * @param wallMs - what others see, to the millisecond; the rest is made up and only grows, so that no two renewals look alike
   * @returns false when it is ours no more
   */
  touch(wallMs: number): boolean {
    if (!this.isCurrent()) return false;
    // In microseconds: a finer time is lost in a number of seconds.
    const made = Math.floor(wallMs) * 1_000 + Math.floor(Math.random() * 1_000);
    this.#renewedMicros = Math.max(made, this.#renewedMicros + 1);
    const seconds = this.#renewedMicros / 1_000_000;
    try {
      futimesSync(this.#fd, seconds, seconds);
      this.#facts = factsOf(this.#fd);
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
    return this.isCurrent();
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/**
 * Removes the claim that has these facts, and no other: moved to a name that nobody looks for, where it cannot change any
 * more, it is looked at again, and moved back when somebody has put another one in its place meanwhile.
 *
 * @param aside - that name
 * @returns false when the path names another claim, or none
 */
export function removeClaim(path: string, expected: ClaimFacts, aside: string): boolean {
  const named = readClaim(path);
  if (named === undefined || !isSameClaim(named, expected)) return false;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (isGone(error)) return false;
    throw lockDirectoryError(path, error);
  }
  const moved = readClaim(aside);
  if (moved === undefined) return false;
  if (!isSameClaim(moved, expected)) {
    renameSync(aside, path);
    return false;
  }
  try {
    rmdirSync(aside);
  } catch (cause) {
    renameSync(aside, path);
    throw new HoldfastError('LOCK_DIRECTORY', `the claim ${path} cannot be removed (${errnoOf(cause)})`, {
      cause,
      details: { path },
    });
  }
  return true;
}

function openClaim(path: string): number {
  return openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

function factsOf(fd: number): ClaimFacts {
  const { ino, birthtimeNs, mtimeNs }: BigIntStats = fstatSync(fd, { bigint: true });
  return { ino, birthtimeNs, mtimeNs };
}

/** What NFS calls stale is a directory that somebody else has removed. */
function isGone(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'ENOENT' || errno === 'ESTALE';
}
