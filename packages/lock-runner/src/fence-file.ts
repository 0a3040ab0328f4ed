/**
 * The last generation of a scope, kept beside its lock file. It outlives processes and reboots (published with
 * durability 'full'), so a later holder's generation is always greater, even when somebody deletes the lock file and two
 * processes believe to hold it: the older one is refused at its publish.
 *
 * The number is replaced by rename, so its inode changes; what is locked around comparing and publishing is a file of
 * its own that is never replaced.
 */
import { AtomicWriter } from '@holdfast/atomic-writer';
import { errnoOf, HoldfastError } from '@holdfast/base';
import { closeLockFile, type LockFile, requireCurrentLockFile, tryLockFile } from './lock-file.ts';
import { readHead } from './read-head.ts';

/** More than any generation has, so that what is longer is seen to be none. */
const longestFenceBytes = 64;
/** Longer than any publish: only a process stopped in the middle of one keeps others out that long. */
const publishPatienceMs = 10_000;
const writer = new AtomicWriter({ durability: 'full', mode: 0o600, symlink: 'refuse' });

/**
 * Allots the next generation to the holder of `file`. Costs one durable write.
 *
 * @throws HoldfastError LOCK_LOST - the lock file is not the one that is locked: a generation that is newer than that of
 *   the holder of the new file would turn the two round
 */
export function allotFence(file: LockFile, scope: string): number {
  return guarded(file.path, () => {
    requireCurrentLockFile(file, scope);
    const next = readFence(file.path) + 1;
    writer.writeSync(fencePath(file.path), `${next}\n`);
    return next;
  });
}

/**
 * Runs `step` only while `fence` is the newest generation; nobody can be allotted a newer one during `step`.
 *
 * @throws HoldfastError LOCK_LOST - a newer generation exists
 */
export function publishFenced<Result>(
  { path }: LockFile,
  scope: string,
  fence: number,
  step: () => Result,
): Result {
  return guarded(path, () => {
    const newest = readFence(path);
    if (newest !== fence) {
      throw new HoldfastError(
        'LOCK_LOST',
        `the hold of ${scope} has generation ${fence}, but ${newest} was allotted since`,
        {
          details: { scope, fence, newest },
        },
      );
    }
    return step();
  });
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

function fencePath(lockPath: string): string {
  return lockPath.replace(/\.lock$/, '.fence');
}

/**
 * Serialises the few microseconds of a publish on this host. Its holders run synchronous code only, so trying again at
 * once is bounded by their number; nobody sleeps while having it.
 */
function guarded<Result>(lockPath: string, step: () => Result): Result {
  const file = lockPublish(lockPath.replace(/\.lock$/, '.publish'));
  try {
    return step();
  } finally {
    closeLockFile(file);
  }
}

function lockPublish(path: string): LockFile {
  const deadline = performance.now() + publishPatienceMs;
  for (;;) {
    const file = tryLockFile(path, 'exclusive');
    if (file !== undefined) return file;
    if (performance.now() > deadline) {
      throw new HoldfastError(
        'LOCK_BUSY',
        `another publish under ${path} has not ended for ${publishPatienceMs} ms`,
      );
    }
    Atomics.wait(pause, 0, 0, 1);
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4));
