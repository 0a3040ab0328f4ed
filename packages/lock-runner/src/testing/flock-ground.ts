/**
 * What a test of the flock backend starts with: a lock directory, a runner on it, and open file descriptions of its own
 * that stand for other processes.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Held, LockMode } from '@holdfast/base';
import { afterEach, beforeEach, expect } from 'vitest';
import { createFlockBackend } from '../flock/flock-backend.ts';
import type { HelperKind } from '../flock/helper-kind.ts';
import { kernelLocks } from '../flock/kernel-locks.ts';
import { KernelQueue } from '../flock/kernel-queue.ts';
import { closeLockFile, type LockFile, tryLockFile } from '../flock/lock-file.ts';
import { lockFileName } from '../lock-name.ts';
import { type LockOptions, LockRunner } from '../lock-runner.ts';
import { activeTimers, helpersIn, leftovers } from './leftovers.ts';
import { until } from './until.ts';

export const scope = 'policy:gw1';

export class FlockGround {
  /** Of everything. */
  base = '';
  directory = '';
  /** Of the scope's lock file. */
  path = '';
  timersBefore = 0;
  #runner: LockRunner | undefined;
  #outsiders = new Set<LockFile>();

  /** To be made inside a suite: it fails each test that leaves something behind. */
  constructor() {
    beforeEach(() => this.#begin());
    afterEach(() => this.#end());
  }

  /** With every kind of helper, unless a queue was chosen. */
  get runner(): LockRunner {
    this.#runner ??= new LockRunner({ directory: this.directory, backend: 'flock' });
    return this.#runner;
  }

  /** From now on its runner waits in a queue with helpers of these kinds, tried in this order. */
  waitThrough(...kinds: readonly HelperKind[]): KernelQueue {
    const kernelQueue = new KernelQueue(kinds);
    this.#runner = new LockRunner({
      directory: this.directory,
      backend: (context) => createFlockBackend({ ...context, kernelQueue }),
    });
    return kernelQueue;
  }

  tryOnce(): Promise<string> {
    return this.runner.run(scope, { waitMs: 0 }, () => 'ran');
  }

  takeFromOutside(mode: LockMode = 'exclusive', where: string = this.path): LockFile {
    const file = tryLockFile(where, mode);
    if (file === undefined) throw new Error('the lock is not free');
    this.#outsiders.add(file);
    return file;
  }

  giveBack(file: LockFile): void {
    this.#outsiders.delete(file);
    closeLockFile(file);
  }

  /** A hold that was waited for in the kernel's queue, so that a helper got it. */
  async acquireInQueue(options: LockOptions = {}): Promise<Held> {
    const outsider = this.takeFromOutside();
    const waiter = this.runner.acquire(scope, options);
    await this.kernelWaiters(1);
    this.giveBack(outsider);
    return waiter;
  }

  /** Resolves when `count` wait in the kernel. */
  kernelWaiters(count: number): Promise<void> {
    return until(() => kernelLocks(this.path).waiters.length === count);
  }

  helperPids(): readonly number[] {
    return helpersIn(this.base);
  }

  helperPid(): number {
    const [pid] = this.helperPids();
    if (pid === undefined) throw new Error('there is no helper'); // 0 would mean our own process group
    return pid;
  }

  #begin(): void {
    this.base = mkdtempSync(join(tmpdir(), 'holdfast-flock-'));
    this.directory = join(this.base, 'locks');
    this.path = join(this.directory, lockFileName(scope));
    mkdirSync(this.directory, { mode: 0o700 });
    this.#runner = undefined;
    this.#outsiders = new Set();
    this.timersBefore = activeTimers();
  }

  async #end(): Promise<void> {
    for (const file of this.#outsiders) closeLockFile(file);
    const left = await leftovers(this.base, this.timersBefore);
    rmSync(this.base, { recursive: true });
    expect(left).toEqual([]);
  }
}
