/**
 * flock(2): the default on local file systems. Excludes every process of the host that locks the same file, shell
 * scripts with `flock(1)` included; the kernel frees it when its holder dies; it cannot be lost while the holder lives.
 *
 * What it does not promise: exclusion between hosts (the directory is refused on network file systems), and fairness
 * where no helper can be started, because then waiting has to poll; the guarantee says so.
 *
 * Order of locks: the process queue first, the kernel second. So one process has at most one waiter per scope in the
 * kernel, and tasks of one process are served in the order they came. A background task that has waited and finds
 * interactive ones still waiting, here or in another process, lets them go first; a reader does so for a writer.
 */
import { lstatSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Clock, type LockGuarantee, type LockReport, systemClock } from '@holdfast/base';
import { prepareLockDirectory } from '../directory/lock-directory.ts';
import type { Grant, LockBackend, LockRequest } from '../lock-backend.ts';
import { lockFileName } from '../lock-name.ts';
import { queuedParty } from '../process/process-backend.ts';
import { enter, type Leave, type QueueMember, queueOf, tryEnter } from '../process/process-queue.ts';
import { waitLimit, waitLimitPassed } from '../wait-limit.ts';
import { FlockGrant } from './flock-grant.ts';
import { type Preferred, preferredTo, untilServed } from './giving-way.ts';
import { hasHelpers } from './helper-pool.ts';
import { writeHolderRecord } from './holder-record.ts';
import { closeIdleLockFiles, keepFile, tryKeptFile, unlockAndKeep } from './kept-lock-files.ts';
import { type KernelQueue, type KernelWait, kernelQueue } from './kernel-queue.ts';
import { closeLockFile, isCurrentLockFile, type LockFile, openLockFile } from './lock-file.ts';
import { takeOwedTurn } from './owed-turns.ts';
import { whoHolds } from './who.ts';

/** Tries before a helper is started: holds shorter than a few event-loop turns should not cost a process. */
const quickTries = 3;
/**
 * Further tries, and milliseconds between two, of who needs the lock for microseconds: to be woken in the kernel's queue takes
 * two processes their turns while the lock stands idle, and many who want it would get one grant in that time, not hundreds.
 * Shorter pauses, more quick tries than three, and giving the processor away between them, were tried: they take it from the
 * holder when many want one lock.
 */
const briefTries = 20;
const briefPauseMs = 10;
/** Poll interval where the kernel queue cannot be used, in milliseconds. */
const pollMs = 20;
/** Key-scoped locks have unbounded names; what is remembered of them must not grow. */
const mostPaths = 8_192;

export interface FlockBackendOptions {
  readonly directory: string;
  readonly clock?: Clock;
  /** Default: the first helper that this machine can have. */
  readonly kernelQueue?: KernelQueue;
}

export function createFlockBackend(options: FlockBackendOptions): LockBackend {
  return new FlockBackend(options);
}

/** A request on its way through the queues. */
interface Wait {
  readonly path: string;
  readonly request: LockRequest;
  readonly member: QueueMember;
}

interface Locked {
  readonly file: LockFile;
  /** Granted in the kernel's queue, or by a try. */
  readonly hasQueued: boolean;
}

class FlockBackend implements LockBackend {
  readonly name = 'flock';
  readonly modes = ['exclusive', 'shared'] as const;
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #queue: KernelQueue;
  readonly #paths = new Map<string, string>();
  /** Identity of the directory that was found fit. */
  #prepared: string | undefined;

  constructor({ directory, clock = systemClock, kernelQueue: queue = kernelQueue }: FlockBackendOptions) {
    this.#directory = resolve(directory);
    this.#clock = clock;
    this.#queue = queue;
  }

  get guarantee(): LockGuarantee {
    return this.#queue.isAvailable ? fairGuarantee : unfairGuarantee;
  }

  keyOf(scope: string): string {
    const known = this.#paths.get(scope);
    if (known !== undefined) return known;
    const path = join(this.#directory, lockFileName(scope));
    if (this.#paths.size >= mostPaths) this.#paths.clear();
    this.#paths.set(scope, path);
    return path;
  }

  acquire(request: LockRequest): Grant | undefined | Promise<Grant | undefined> {
    const { scope, mode, priority, purpose, waitMs, signal } = request;
    signal?.throwIfAborted();
    const path = this.keyOf(scope);
    const member = { mode, priority, purpose, sinceMs: this.#clock.monotonicMs(), overtakenBy: 0 };
    const owed = priority === 'background' && waitMs > 0 ? takeOwedTurn(path) : undefined;
    if (owed !== undefined) return this.#wait({ path, request, member }, undefined, owed);
    const leave = tryEnter(path, member);
    const grant = leave && this.#tryGrant({ path, request, member }, leave);
    if (grant !== undefined) return grant;
    if (waitMs > 0) return this.#wait({ path, request, member }, leave);
    leave?.();
    return undefined;
  }

  who(scope: string): LockReport {
    const path = this.keyOf(scope);
    const { holder, waiters } = whoHolds(path, this.#clock.wallMs());
    const queued = queueOf(path).waiting.map((member) => queuedParty(member, this.#clock));
    return { ...(holder === undefined ? {} : { holder }), waiters: [...waiters, ...queued] };
  }

  close(): Promise<void> {
    return closeIdleLockFiles(this.#directory);
  }

  /** Without waiting. Who gets nothing stays in the process queue; who fails has left it. */
  #tryGrant({ path, request, member }: Wait, leave: Leave): Grant | undefined {
    try {
      const { file, isLocked } = tryKeptFile(path, request.mode, this.#open);
      if (isLocked && !isPassedOver(file, request, member)) return this.#grant(file, request, leave);
      if (isLocked) unlockAndKeep(file);
      else keepFile(file);
      return undefined;
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** A directory that is gone, or another one by now, is looked at as at first. */
  readonly #open = (path: string): LockFile => {
    if (this.#prepared === undefined || this.#prepared !== directoryIdentity(this.#directory)) {
      prepareLockDirectory(this.#directory);
      this.#prepared = directoryIdentity(this.#directory);
    }
    return openLockFile(path);
  };

  /**
   * @param entered - leaves the process queue, when it has been entered already
   * @param owed - who goes first, because the last holder here gave the lock up for them
   */
  async #wait(wait: Wait, entered: Leave | undefined, owed: Preferred = []): Promise<Grant | undefined> {
    const { path, request, member } = wait;
    let leave = entered;
    try {
      request.onBlocked();
      using limit = waitLimit(request.waitMs, request.signal);
      if (owed.length > 0) await untilServed(path, owed, { clock: this.#clock, signal: limit.signal });
      for (;;) {
        leave ??= await enter(path, member, limit.signal);
        const { file, hasQueued } = await this.#lock(wait, limit.signal);
        const preferred = preferredTo(file, member, { hasQueued });
        if (preferred === undefined) return this.#grant(file, request, leave);
        member.overtakenBy += 1;
        unlockAndKeep(file);
        leave();
        leave = undefined;
        await untilServed(path, preferred, { clock: this.#clock, signal: limit.signal });
      }
    } catch (error) {
      leave?.();
      if (error === waitLimitPassed) return undefined;
      throw error;
    }
  }

  /** Locks the file of the path, after those who wait for it in the kernel. */
  async #lock({ path, request }: Wait, signal: AbortSignal): Promise<Locked> {
    const { mode, priority, isBrief = false } = request;
    for (let tries = 0; ; tries += 1) {
      const { file, isLocked } = tryKeptFile(path, mode, this.#open);
      if (isLocked) return { file, hasQueued: false };
      const pauseMs = pauseAfter(tries, isBrief, file);
      if (pauseMs !== undefined) {
        keepFile(file);
        await (pauseMs === 0 ? nextTurn() : this.#clock.sleep(pauseMs, signal));
        signal.throwIfAborted();
      } else if (await this.#queueUp(file, { mode, priority, signal })) {
        return { file, hasQueued: true };
      }
    }
  }

  /** @returns whether the file is locked now; if not, the caller has it no more */
  async #queueUp(file: LockFile, wait: KernelWait): Promise<boolean> {
    let isOurs = false;
    try {
      const isLocked = await this.#queue.wait(file, wait);
      isOurs = isLocked && isCurrentLockFile(file);
      if (!isLocked) await this.#clock.sleep(pollMs, wait.signal);
    } finally {
      if (!isOurs) closeLockFile(file);
    }
    return isOurs;
  }

  #grant(file: LockFile, { scope, priority, purpose }: LockRequest, leave: Leave): Grant {
    const hasRecord = purpose !== undefined;
    if (hasRecord) writeHolderRecord(file.fd, purpose, this.#clock.wallMs());
    return new FlockGrant({ file, scope, priority, hasRecord, leave });
  }
}

/** Until the next try, in milliseconds, 0 for the next turn; undefined when it is time for the kernel's queue. */
function pauseAfter(tries: number, isBrief: boolean, file: LockFile): number | undefined {
  if (tries < quickTries && (isBrief || !hasHelpers(file))) return 0;
  return isBrief && tries < quickTries + briefTries ? briefPauseMs : undefined;
}

/** Of the inode, whose number may be given away again; undefined when there is none. */
function directoryIdentity(directory: string): string | undefined {
  const stat = lstatSync(directory, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}:${stat.birthtimeNs}`;
}

/** Whether a shared lock, got without waiting, would pass a writer that waits. Who would not wait is not made to. */
function isPassedOver(file: LockFile, { mode, waitMs }: LockRequest, member: QueueMember): boolean {
  return mode === 'shared' && waitMs > 0 && preferredTo(file, member, { hasQueued: false }) !== undefined;
}

const fairGuarantee: LockGuarantee = {
  scope: 'host',
  crashRelease: 'immediate',
  canBeLost: false,
  fenced: true,
  fair: true,
};
const unfairGuarantee: LockGuarantee = { ...fairGuarantee, fair: false };

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
