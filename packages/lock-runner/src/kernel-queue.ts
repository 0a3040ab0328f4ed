/**
 * Waiting in the kernel's own queue: fair, without polling, and cancellable.
 *
 * A helper process blocks in flock(2) on the inherited descriptor. It shares our open file description, so when it is
 * granted the lock and exits, the lock is ours; to give up, the helper is killed. Neither the event loop nor the file
 * system thread pool is involved, which koffi's asynchronous call and worker threads cannot say: four blocked calls
 * starve libuv's pool, and a worker that is blocked in native code cannot be terminated.
 *
 * The helper is flock(1) of util-linux, present on every Debian. Without it `isKernelQueueAvailable` is false and
 * callers poll, which is not fair and which their guarantee says.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { HoldfastError, type LockMode } from '@holdfast/base';
import { unlockFlock } from './flock-ffi.ts';

const candidates = ['/usr/bin/flock', '/bin/flock', '/usr/local/bin/flock', '/opt/homebrew/bin/flock'];
let helperPath: string | undefined | null = null;

export function isKernelQueueAvailable(): boolean {
  helperPath = helperPath === null ? candidates.find(isExecutable) : helperPath;
  return helperPath !== undefined;
}

/**
 * Resolves when the lock of `fd` is ours. When `signal` aborts first, the helper is killed and reaped, a grant that
 * raced the kill is given back, and the signal's reason is thrown.
 */
export async function waitInKernelQueue(fd: number, mode: LockMode, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const helper = startHelper(fd, mode);
  const kill = () => helper.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      helper.once('error', (cause) => reject(notStarted(cause)));
      helper.once('exit', resolve);
    });
    if (signal.aborted) {
      unlockFlock(fd);
      throw signal.reason;
    }
    if (status !== 0) {
      throw new HoldfastError('LOCK_UNSUPPORTED', `flock(1) ended with status ${status}`, {
        details: { status },
      });
    }
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

/** Node reports a refused spawn by an event, Bun throws some of them. */
function startHelper(fd: number, mode: LockMode): ChildProcess {
  if (!isKernelQueueAvailable() || typeof helperPath !== 'string') {
    throw new HoldfastError('LOCK_UNSUPPORTED', 'flock(1) is not installed');
  }
  try {
    return spawn(helperPath, [mode === 'exclusive' ? '-x' : '-s', '3'], {
      stdio: ['ignore', 'ignore', 'ignore', fd],
      env: {},
    });
  } catch (cause) {
    throw notStarted(cause);
  }
}

function notStarted(cause: unknown): HoldfastError {
  return new HoldfastError('LOCK_UNSUPPORTED', 'flock(1) cannot be started', { cause });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
