/**
 * One helper process: it waits for a lock in the kernel's queue on a descriptor that it inherited. It shares our open file
 * description, so what it is granted is ours, and one call of ours unlocks it; to give up, it is killed. It serves one wait
 * after the other, because starting a process costs more than most waits last.
 *
 * Neither the event loop nor the file system thread pool is involved in the wait, which koffi's asynchronous call and
 * worker threads cannot say: four blocked calls starve libuv's pool, and a worker that is blocked in native code cannot be
 * terminated. An idle helper keeps no process alive, and ends when its owner does, however that ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { LockMode } from '@holdfast/base';
import type { HelperCommand, HelperKind, Priority } from './helper-kind.ts';
import { longestTimerMs } from './wait-limit.ts';

export interface HelperEnd {
  /** Exit status; null when a signal ended it or it could not be started. */
  readonly status: number | null;
  /** Why it could not be started. */
  readonly cause?: unknown;
}

export class LockHelper {
  readonly kind: HelperKind;
  readonly priority: Priority;
  /** Settles when nothing of it is left that could still be granted a lock. */
  readonly ended: Promise<HelperEnd>;
  readonly #child: ChildProcess;
  #answer: ((isGranted: boolean) => void) | undefined;
  #hasEnded = false;
  #isKilled = false;

  /** @throws whatever the runtime says when it cannot start a process, unless it says so by an event */
  constructor(kind: HelperKind, command: HelperCommand, priority: Priority, fd: number) {
    this.kind = kind;
    this.priority = priority;
    this.#child = spawn(command.file, command.args, {
      stdio: ['pipe', 'pipe', 'ignore', fd],
      ...(command.name === undefined ? {} : { argv0: command.name }),
      env: {},
      cwd: '/',
      // A group of its own: Ctrl-C is for its owner to deal with, and killing reaches the children of a shell.
      detached: true,
    });
    this.ended = this.#watch();
  }

  /**
   * Waits until the lock is ours. One wait at a time.
   *
   * @returns false when the helper has ended first
   */
  wait(mode: LockMode): Promise<boolean> {
    if (this.#hasEnded) return Promise.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#answer = resolve;
    stayAwake(1);
    this.#child.stdin?.write(mode === 'exclusive' ? 'x\n' : 's\n');
    return promise;
  }

  /** True from `kill` on. */
  get isKilled(): boolean {
    return this.#isKilled;
  }

  /** At once; `ended` tells when it is over. */
  kill(): void {
    this.#isKilled = true;
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      this.#child.kill('SIGKILL'); // it has ended, or has no group of its own here
    }
  }

  async #watch(): Promise<HelperEnd> {
    const { stdin, stdout } = this.#child;
    const end = Promise.withResolvers<HelperEnd>();
    const closed = Promise.withResolvers<void>();
    this.#child.once('error', (cause) => end.resolve({ status: null, cause }));
    this.#child.once('exit', (status) => end.resolve({ status }));
    stdin?.on('error', () => undefined); // it has ended: that is told by its exit
    stdout?.on('data', () => this.#tell(true));
    stdout?.once('close', closed.resolve);
    stayAsleep(this.#child);
    const result = await end.promise;
    // Its descriptors may have outlived it in a child, which might still be granted the lock: they are closed by now,
    // or when the last of its group has been killed.
    if (!('cause' in result)) await closed.promise;
    this.#hasEnded = true;
    this.#tell(false);
    return result;
  }

  #tell(isGranted: boolean): void {
    if (this.#answer === undefined) return;
    this.#answer(isGranted);
    this.#answer = undefined;
    stayAwake(-1);
  }
}

/** One for all helpers, made at the first wait: it only has to be there. */
let awake: NodeJS.Timeout | undefined;
let waits = 0;

/** While somebody waits a timer keeps the process alive, because helpers do not: Bun cannot take a reference back. */
function stayAwake(by: 1 | -1): void {
  waits += by;
  awake ??= setInterval(() => undefined, longestTimerMs);
  if (waits === 0) awake.unref();
  else if (waits === by) awake.ref();
}

/** The process, its pipes and all of their events keep nobody alive. */
function stayAsleep(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout]) (stream as { unref?(): void } | null)?.unref?.();
}
