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
import { longestTimerMs } from '../wait-limit.ts';
import type { HelperCommand, HelperKind, Priority } from './helper-kind.ts';
import { type HelperLine, openHelperLine } from './helper-line.ts';

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
  readonly #line: HelperLine;
  #answer: ((isGranted: boolean) => void) | undefined;
  #hasEnded = false;
  #isKilled = false;

  /** @throws whatever the runtime says when it cannot start a process, unless it says so by an event */
  constructor(kind: HelperKind, command: HelperCommand, priority: Priority, fd: number) {
    this.kind = kind;
    this.priority = priority;
    this.#line = openHelperLine();
    try {
      this.#child = spawn(command.file, command.args, {
        stdio: [...this.#line.stdio, 'ignore', fd],
        ...(command.name === undefined ? {} : { argv0: command.name }),
        env: {},
        cwd: '/',
        // A group of its own: Ctrl-C is for its owner to deal with, and killing reaches the children of a shell.
        detached: true,
      });
    } catch (error) {
      this.#line.close();
      throw error;
    }
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
    this.#line.say(mode === 'exclusive' ? 'x\n' : 's\n');
    return promise;
  }

  /** True from `kill` on. */
  get isKilled(): boolean {
    return this.#isKilled;
  }

  /** At once; `ended` tells when it is over. */
  kill(): void {
    this.#isKilled = true;
    this.#killGroup();
  }

  /** The group is ours as long as anybody is left in it. */
  #killGroup(): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#hasEnded) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      this.#child.kill('SIGKILL'); // all of it has ended, or it has no group of its own here
    }
  }

  async #watch(): Promise<HelperEnd> {
    const end = Promise.withResolvers<HelperEnd>();
    this.#child.once('error', (cause) => end.resolve({ status: null, cause }));
    this.#child.once('exit', (status) => end.resolve({ status }));
    this.#child.unref();
    const closed = this.#line.listen(this.#child, () => this.#tell(true));
    const result = await end.promise;
    // A child of it might still be granted the lock: it goes along, and is gone when the last descriptor is closed.
    this.#killGroup();
    if (!('cause' in result)) await closed;
    this.#line.close();
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
