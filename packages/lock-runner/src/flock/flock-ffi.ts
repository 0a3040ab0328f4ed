/**
 * flock(2) and pipe2(2), the only calls into libc. Node and Bun have no binding of their own; koffi loads in both without a
 * compiler.
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

/** O_CLOEXEC of Linux; Node does not tell it. */
const closeOnExec = 0o2000000;

type Flock = (fd: number, operation: number) => number;
type Pipe = (ends: [number, number], flags: number) => number;
let loaded: Flock | undefined;
let loadedPipe: Pipe | undefined;

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

/**
 * A pipe that no child inherits unless it is given one of the ends; undefined where there is no such call, or no
 * descriptor left.
 *
 * @returns the end to read from and the end to write to
 */
export function openPipe(): readonly [number, number] | undefined {
  loadedPipe ??= loadPipe();
  const ends: [number, number] = [0, 0];
  return loadedPipe(ends, closeOnExec) === 0 ? ends : undefined;
}

/** Linux alone has the call that leaves no gap in which another child could inherit. */
function loadPipe(): Pipe {
  if (process.platform !== 'linux') return () => -1;
  try {
    return koffi.load(libcName()).func('int pipe2(_Out_ int *ends, int flags)') as Pipe;
  } catch {
    return () => -1;
  }
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
