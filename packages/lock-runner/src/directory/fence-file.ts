/**
 * The newest generation of a scope that this host has seen, kept beside its lock file. It outlives processes and reboots,
 * so a later holder's generation is always greater, even when somebody deletes the lock file and two processes believe to
 * hold it: the older one is refused at its publish. Backends that count their generations elsewhere record them here, so
 * that on one host nothing can come between the check and the rename of a publish, whoever granted the lock.
 *
 * The number is replaced by rename, so its inode changes; what is locked around comparing and publishing is a file of
 * its own that is never replaced.
 */
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { errnoOf, HoldfastError, systemClock } from '@holdfast/base';
import { closeLockFile, type LockFile, tryLockFile } from '../flock/lock-file.ts';
import { readHead } from '../flock/read-head.ts';

/** More than any generation has, so that what is longer is seen to be none. */
const longestFenceBytes = 64;
/** Longer than any publish: only a process stopped in the middle of one keeps others out that long. */
const publishPatienceMs = 10_000;
/** Of a number that is overwritten in place: every safe one fits. */
const recordedDigits = 15;
const writer = new AtomicWriter({ durability: 'full', mode: 0o600, symlink: 'refuse' });

export interface FencedPublish {
  /** Of the lock file. */
  readonly path: string;
  readonly scope: string;
  /** Undefined for a hold that has asked for none: then only `confirm` decides. */
  readonly fence: number | undefined;
  readonly confirm?: () => void;
  readonly around?: FenceGuard;
}

/** Keeps everybody else who takes the same guard out of `step`. */
export type FenceGuard = <Result>(lockPath: string, step: () => Result) => Result;

/**
 * Allots the next generation to the holder of the lock file at `path`. Costs one durable write.
 *
 * @param confirm - throws when the lock is not held any more: a generation that is newer than that of the next holder
 *   would turn the two round
 */
export function allotFence(path: string, confirm: () => void, around: FenceGuard = guarded): number {
  return around(path, () => {
    confirm();
    const next = readFence(path) + 1;
    writer.writeSync(fencePath(path), `${next}\n`);
    return next;
  });
}

/** The newest generation this host has seen, 0 for none: a counter elsewhere that has lost its memory goes on from it. */
export function lastFence(path: string): number {
  return readFence(path);
}

/**
 * Records a generation that was allotted elsewhere. From now on nothing of an older holder is published on this host.
 *
 * Not flushed: what it keeps out ends with the host. Overwritten in place, a number of fixed width in one sector, so that
 * a crash leaves one number or the other.
 *
 * @param patienceMs - how long a publish that is under way is waited for, with the event loop standing still
 * @throws HoldfastError LOCK_LOST - a newer generation has been recorded
 * @throws HoldfastError LOCK_BUSY - a publish did not end in time
 */
export function recordFence(
  path: string,
  scope: string,
  fence: number,
  patienceMs: number = publishPatienceMs,
): void {
  const record = () => {
    const newest = readFence(path);
    if (newest > fence) throw overtaken(scope, fence, newest);
    if (newest === fence) return;
    const text = `${String(fence).padStart(recordedDigits, '0')}\n`;
    if (newest === 0 || !overwrite(fencePath(path), text)) writer.writeSync(fencePath(path), text);
  };
  guarded(path, record, patienceMs);
}

/**
 * Runs `step` only while `fence` is the newest generation; nobody can be allotted a newer one during `step`.
 *
 * @param confirm - throws when the lock is known to be lost; asked last, with nothing but `step` after it
 * @throws HoldfastError LOCK_LOST - a newer generation exists
 */
export function publishFenced<Result>(
  { path, scope, fence, confirm, around = guarded }: FencedPublish,
  step: () => Result,
): Result {
  return around(path, () => {
    if (fence !== undefined) requireNewest(path, scope, fence);
    confirm?.();
    return step();
  });
}

function requireNewest(path: string, scope: string, fence: number): void {
  const newest = readFence(path);
  if (newest !== fence) throw overtaken(scope, fence, newest);
}

/** In place, when the file holds a number of the same width. */
function overwrite(path: string, text: string): boolean {
  const fd = openSync(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
  try {
    return fstatSync(fd).size === text.length && writeSync(fd, text, 0) === text.length;
  } finally {
    closeSync(fd);
  }
}

function overtaken(scope: string, fence: number, newest: number): HoldfastError {
  return new HoldfastError(
    'LOCK_LOST',
    `the hold of ${scope} has generation ${fence}, but ${newest} was allotted since`,
    {
      details: { scope, fence, newest },
    },
  );
}

/** @returns 0 when none was allotted yet */
function readFence(lockPath: string): number {
  const path = fencePath(lockPath);
  try {
    const text = readHead(path, longestFenceBytes);
    if (/^\d{1,15}\n$/.test(text)) return Number(text);
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return 0;
    throw new HoldfastError('READ_FAILED', `the generation in ${path} cannot be read`, {
      cause,
      details: { path },
    });
  }
  // Starting again from 0 would let an old holder publish: what is damaged is refused.
  throw new HoldfastError('DOCUMENT_INVALID', `${path} holds no generation`, { details: { path } });
}

/** What is locked around a publish. */
export function publishPath(lockPath: string): string {
  return lockPath.replace(/\.lock$/, '.publish');
}

function fencePath(lockPath: string): string {
  return lockPath.replace(/\.lock$/, '.fence');
}

/**
 * Serialises the few microseconds of a publish on this host. Its holders run synchronous code only, so trying again at
 * once is bounded by their number; nobody sleeps while having it.
 */
export function guarded<Result>(
  lockPath: string,
  step: () => Result,
  patienceMs: number = publishPatienceMs,
): Result {
  const file = lockPublish(publishPath(lockPath), patienceMs);
  try {
    return step();
  } finally {
    closeLockFile(file);
  }
}

function lockPublish(path: string, patienceMs: number): LockFile {
  const deadlineMs = systemClock.monotonicMs() + patienceMs;
  for (;;) {
    const file = tryLockFile(path, 'exclusive');
    if (file !== undefined) return file;
    if (systemClock.monotonicMs() > deadlineMs) {
      throw new HoldfastError(
        'LOCK_BUSY',
        `another publish under ${path} has not ended for ${patienceMs} ms`,
      );
    }
    Atomics.wait(pause, 0, 0, 1);
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4));
