/**
 * The bare peer of the lock runner: flock(2) through the very FFI that it uses, with nothing around it. The blocking form
 * exists here only, in processes that have nothing else to do; the runner never blocks a thread.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { builtModule, requireFrom } from '../workspace.ts';

interface FlockModule {
  tryFlock(fd: number, mode: 'exclusive'): boolean;
  unlockFlock(fd: number): void;
}

const { tryFlock, unlockFlock } = (await import(
  builtModule('lock-runner', 'flock/flock-ffi.js')
)) as FlockModule;

const openFlags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;

/** open, flock, unlock, close: what an uncontended lock costs at the least. */
export function lockAndUnlock(path: string): void {
  const fd = openSync(path, openFlags, 0o600);
  if (!tryFlock(fd, 'exclusive')) throw new Error(`${path} is held by somebody`);
  unlockFlock(fd);
  closeSync(fd);
}

export interface BlockingFlock {
  /** Blocks the thread until the lock is ours. */
  lock(): void;
  unlock(): void;
}

/** One descriptor for all calls: the fastest way in which a program can use flock(2). */
export function blockingFlock(path: string): BlockingFlock {
  const koffi = requireFrom('lock-runner')('koffi') as {
    load(library: string): { func(prototype: string): (fd: number, operation: number) => number };
  };
  const flock = koffi.load('libc.so.6').func('int flock(int fd, int operation)');
  const fd = openSync(path, openFlags, 0o600);
  const exclusive = 2;
  return {
    lock: () => {
      if (flock(fd, exclusive) !== 0) throw new Error('flock(2) failed');
    },
    unlock: () => unlockFlock(fd),
  };
}
