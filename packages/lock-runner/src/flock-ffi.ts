/**
 * flock(2), the only call into libc. Node and Bun have no binding of their own; koffi loads in both without a compiler.
 *
 * Calls are synchronous and never block: the blocking form on koffi's thread pool would starve every `fs` call of the
 * process after four waiters (libuv's pool has four threads), so waiting is done by `kernel-queue.ts`.
 */
import { constants } from 'node:os';
import { HoldfastError } from '@holdfast/base';
import koffi from 'koffi';

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;

type Flock = (fd: number, operation: number) => number;
let loaded: Flock | undefined;

/**
 * Takes the lock if it is free now.
 *
 * @returns false when somebody else holds it
 * @throws HoldfastError LOCK_UNSUPPORTED - the file system has no flock(2), or the platform no libc we know
 */
export function tryFlock(fd: number, mode: 'exclusive' | 'shared'): boolean {
  const operation = (mode === 'exclusive' ? LOCK_EX : LOCK_SH) | LOCK_NB;
  for (;;) {
    if (flock(fd, operation) === 0) return true;
    const errno = koffi.errno();
    if (errno === constants.errno.EWOULDBLOCK) return false;
    // A signal handler may interrupt even the non-blocking form.
    if (errno !== constants.errno.EINTR) throw unsupported(errno);
  }
}

/** Frees the lock. Closing the descriptor would do the same unless a child has inherited it. */
export function unlockFlock(fd: number): void {
  flock(fd, LOCK_UN);
}

function flock(fd: number, operation: number): number {
  loaded ??= load();
  return loaded(fd, operation);
}

/** The library that has flock(2) here. */
export function libcName(): string {
  return process.platform === 'darwin' ? 'libSystem.B.dylib' : 'libc.so.6';
}

function load(): Flock {
  try {
    const library = koffi.load(libcName());
    return library.func('int flock(int fd, int operation)') as Flock;
  } catch (cause) {
    throw new HoldfastError('LOCK_UNSUPPORTED', `flock(2) cannot be called on ${process.platform}`, {
      cause,
    });
  }
}

function unsupported(errno: number): HoldfastError {
  const name = Object.entries(constants.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
  return new HoldfastError('LOCK_UNSUPPORTED', `flock(2) failed with ${name}`, { details: { errno: name } });
}
