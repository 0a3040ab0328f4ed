/**
 * flock(2): the default on local file systems. Excludes every process of the host that locks the same file, shell
 * scripts with `flock(1)` included; the kernel frees it when its holder dies; it cannot be lost while the holder lives.
 *
 * What it does not promise: exclusion between hosts (the directory is refused on network file systems), and fairness
 * when flock(1) is absent, because then waiting has to poll; the guarantee says so.
 *
 * Order of locks: the process queue first, the kernel second. So one process has at most one waiter per scope in the
 * kernel, and tasks of one process are served in the order they came.
 */
import { join, resolve } from 'node:path';
import { type Clock, type LockGuarantee, type LockReport, systemClock } from '@holdfast/base';
import { allotFence, publishFenced } from './fence-file.ts';
import { clearHolderRecord, writeHolderRecord } from './holder-record.ts';
import { kernelLocks } from './kernel-locks.ts';
import { isKernelQueueAvailable, waitInKernelQueue } from './kernel-queue.ts';
import type { Grant, LockBackend, LockRequest } from './lock-backend.ts';
import { prepareLockDirectory } from './lock-directory.ts';
import {
  closeLockFile,
  isCurrentLockFile,
  type LockFile,
  openLockFile,
  requireCurrentLockFile,
  tryLockFile,
} from './lock-file.ts';
import { lockFileName } from './lock-name.ts';
import { enterProcessQueue, queuedParty } from './process-backend.ts';
import { isContended, type Leave, queueOf } from './process-queue.ts';
import { waitLimit, waitLimitPassed } from './wait-limit.ts';
import { whoHolds } from './who.ts';

/** Tries before a helper is spawned: holds shorter than a few event-loop turns should not cost a process. */
const quickTries = 3;
/** Poll interval where the kernel queue cannot be used, in milliseconds. */
const pollMs = 20;

export interface FlockBackendOptions {
  readonly directory: string;
  readonly clock?: Clock;
}

export function createFlockBackend(options: FlockBackendOptions): LockBackend {
  return new FlockBackend(options);
}

class FlockBackend implements LockBackend {
  readonly name = 'flock';
  readonly modes = ['exclusive', 'shared'] as const;
  readonly #directory: string;
  readonly #clock: Clock;
  #isPrepared = false;

  constructor({ directory, clock = systemClock }: FlockBackendOptions) {
    this.#directory = resolve(directory);
    this.#clock = clock;
  }

  get guarantee(): LockGuarantee {
    return {
      scope: 'host',
      crashRelease: 'immediate',
      canBeLost: false,
      fenced: true,
      fair: isKernelQueueAvailable(),
    };
  }

  keyOf(scope: string): string {
    return this.#pathOf(scope);
  }

  async acquire(request: LockRequest): Promise<Grant | undefined> {
    if (!this.#isPrepared) prepareLockDirectory(this.#directory);
    this.#isPrepared = true;
    const path = this.#pathOf(request.scope);
    const startedMs = this.#clock.monotonicMs();
    const leave = await enterProcessQueue(path, request, this.#clock);
    if (leave === undefined) return undefined;
    try {
      const waitMs = Math.max(0, request.waitMs - (this.#clock.monotonicMs() - startedMs));
      const taken = await this.#take(path, { ...request, waitMs });
      if (taken !== undefined) return this.#grant(taken, request, leave);
    } catch (error) {
      this.#isPrepared = false; // perhaps the directory is gone: the next call looks again
      leave();
      throw error;
    }
    leave();
    return undefined;
  }

  who(scope: string): LockReport {
    const path = this.#pathOf(scope);
    const { holder, waiters } = whoHolds(path, this.#clock.wallMs());
    const queued = queueOf(path).waiting.map((member) => queuedParty(member, this.#clock));
    return { ...(holder === undefined ? {} : { holder }), waiters: [...waiters, ...queued] };
  }

  #pathOf(scope: string): string {
    return join(this.#directory, lockFileName(scope));
  }

  async #take(path: string, request: LockRequest): Promise<TakenFile | undefined> {
    const taken = this.#tryTake(path, request);
    if (taken !== undefined || request.waitMs === 0) return taken;
    request.onBlocked();
    using limit = waitLimit(request.waitMs, request.signal);
    try {
      for (let tries = 0; ; tries += 1) {
        const later = await this.#waitAndTake(path, request, limit.signal, tries);
        if (later !== undefined) return later;
      }
    } catch (error) {
      if (error === waitLimitPassed) return undefined;
      throw error;
    }
  }

  #tryTake(path: string, { mode, purpose }: LockRequest): TakenFile | undefined {
    const file = tryLockFile(path, mode);
    if (file === undefined) return undefined;
    if (purpose !== undefined) writeHolderRecord(file.fd, purpose, this.#clock.wallMs());
    return { file, hasRecord: purpose !== undefined };
  }

  async #waitAndTake(
    path: string,
    request: LockRequest,
    signal: AbortSignal,
    tries: number,
  ): Promise<TakenFile | undefined> {
    if (tries < quickTries) {
      await nextTurn();
      signal.throwIfAborted();
      return this.#tryTake(path, request);
    }
    if (!isKernelQueueAvailable()) {
      await this.#clock.sleep(pollMs, signal);
      return this.#tryTake(path, request);
    }
    const file = openLockFile(path);
    let isOurs = false;
    try {
      await waitInKernelQueue(file.fd, request.mode, signal);
      isOurs = isCurrentLockFile(file);
      if (!isOurs) return undefined;
      // The kernel lists the helper's pid as the holder, so the record is needed even without a purpose.
      writeHolderRecord(file.fd, request.purpose, this.#clock.wallMs());
      return { file, hasRecord: true };
    } finally {
      if (!isOurs) closeLockFile(file);
    }
  }

  #grant({ file, hasRecord }: TakenFile, { scope, priority }: LockRequest, leave: Leave): Grant {
    const confirm = () => requireCurrentLockFile(file, scope);
    return {
      descriptor: file.fd,
      allotFence: async () => allotFence(file.path, confirm),
      contended: () => isContended(file.path, priority) || kernelLocks(file.fd).waiters.length > 0,
      publish: (fence, step) => {
        if (fence !== undefined) return publishFenced({ path: file.path, scope, fence }, step);
        confirm();
        return step();
      },
      release: () => {
        if (hasRecord) clearHolderRecord(file.fd);
        // Closed, not unlocked: a program that was handed the descriptor and still writes keeps everybody else out.
        closeLockFile(file);
        leave();
      },
    };
  }
}

interface TakenFile {
  readonly file: LockFile;
  readonly hasRecord: boolean;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
