/**
 * One helper process: it waits for a lock in the kernel's queue on a descriptor that it inherited. It shares our open file
 * description, so what it is granted is ours, and one call of ours unlocks it; to give up, it is killed. It serves one wait
 * after the other, because starting a process costs more than most waits last.
 *
 * Neither the event loop nor the file system thread pool is involved in the wait, which koffi's asynchronous call and
 * worker threads cannot say: four blocked calls starve libuv's pool, and a worker that is blocked in native code cannot be
 * terminated. An idle helper keeps no process alive, and ends when its owner does, however that ends.
 */
import type { LockMode } from '@holdfast/base';
import { longestTimerMs } from '../wait-limit.ts';
import { BunHelperProcess, bunSpawn } from './bun-helper-process.ts';
import type { HelperCommand, HelperKind, Priority } from './helper-kind.ts';
import type { HelperEnd, HelperProcess, HelperStart } from './helper-process.ts';
import { NodeHelperProcess } from './node-helper-process.ts';

export class LockHelper {
  readonly kind: HelperKind;
  readonly priority: Priority;
  /** Settles when nothing of it is left that could still be granted a lock. */
  readonly ended: Promise<HelperEnd>;
  readonly #process: HelperProcess;
  #answer: ((isGranted: boolean) => void) | undefined;
  #hasEnded = false;
  #isKilled = false;

  /** @throws whatever the runtime says when it cannot start a process, unless it says so by an event */
  constructor(kind: HelperKind, command: HelperCommand, priority: Priority, fd: number) {
    this.kind = kind;
    this.priority = priority;
    this.#process = startProcess({ command, fd, heard: () => this.#tell(true) });
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
    this.#process.say(mode === 'exclusive' ? 'x\n' : 's\n');
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

  /** It has a group of its own, so killing reaches the children of a shell; the group is ours as long as anybody is in it. */
  #killGroup(): void {
    const { pid } = this.#process;
    if (pid === undefined || this.#hasEnded) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // all of it has ended
    }
  }

  async #watch(): Promise<HelperEnd> {
    const end = await this.#process.ended;
    // A child of it might still be granted the lock: it goes along, and is gone when the last descriptor is closed.
    this.#killGroup();
    if (!('cause' in end)) await this.#process.silent;
    this.#process.close();
    this.#hasEnded = true;
    this.#tell(false);
    return end;
  }

  #tell(isGranted: boolean): void {
    if (this.#answer === undefined) return;
    this.#answer(isGranted);
    this.#answer = undefined;
    stayAwake(-1);
  }
}

function startProcess(start: HelperStart): HelperProcess {
  const spawn = bunSpawn();
  return spawn === undefined ? new NodeHelperProcess(start) : new BunHelperProcess(start, spawn);
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
