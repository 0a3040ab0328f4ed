/** A lock file that is ours: the grant of the flock backend. */
import { allotFence, publishFenced } from '../directory/fence-file.ts';
import type { Grant } from '../lock-backend.ts';
import { isContended, type Leave } from '../process/process-queue.ts';
import { interactiveWaiters, type Preferred } from './giving-way.ts';
import type { Priority } from './helper-kind.ts';
import { clearHolderRecord } from './holder-record.ts';
import { unlockAndKeep } from './kept-lock-files.ts';
import { kernelLocks } from './kernel-locks.ts';
import { bequeathLockFile, type LockFile, requireCurrentLockFile } from './lock-file.ts';
import { oweTurn } from './owed-turns.ts';

export interface FlockGrantOptions {
  readonly file: LockFile;
  readonly scope: string;
  readonly priority: Priority;
  /** Whether the holder is described in the file. */
  readonly hasRecord: boolean;
  /** Leaves the process queue. */
  readonly leave: Leave;
}

export class FlockGrant implements Grant {
  readonly #options: FlockGrantOptions;
  #isBequeathed = false;
  /** Who was seen waiting, by a holder that is to let them pass. */
  #owed: Preferred | undefined;

  constructor(options: FlockGrantOptions) {
    this.#options = options;
  }

  /** Whoever looks at it may hand it to a child that outlives the hold. */
  get descriptor(): number {
    this.#isBequeathed = true;
    return this.#options.file.fd;
  }

  async allotFence(): Promise<number> {
    const { file, scope } = this.#options;
    return allotFence(file.path, () => requireCurrentLockFile(file, scope));
  }

  contended(): boolean {
    const { file, priority } = this.#options;
    if (isContended(file.path, priority)) return true;
    const urgent = interactiveWaiters(file.fd);
    this.#owed = priority === 'background' && urgent.length > 0 ? urgent : undefined;
    return urgent.length > 0 || (priority === 'background' && kernelLocks(file.fd).waiters.length > 0);
  }

  publish<Result>(fence: number | undefined, step: () => Result): Result {
    const { file, scope } = this.#options;
    // Who has locked a new file in the place of a removed one need not have a generation yet.
    requireCurrentLockFile(file, scope);
    return fence === undefined ? step() : publishFenced({ path: file.path, scope, fence }, step);
  }

  /**
   * Closed, not unlocked, once the descriptor was seen: a program that has it and still writes keeps others out. Unlocking
   * comes last: whoever is next here should not have to make up for what could be done before.
   */
  release(): void | Promise<void> {
    const { file, hasRecord, leave } = this.#options;
    if (hasRecord) clearHolderRecord(file.fd);
    if (this.#owed !== undefined) oweTurn(file.path, this.#owed);
    if (this.#isBequeathed) return bequeath(file, leave);
    leave(); // whoever is let in goes on in a later microtask
    unlockAndKeep(file);
  }
}

/** Another task of this process would find the lock taken: it is let in when our helpers share it no more. */
function bequeath(file: LockFile, leave: Leave): void | Promise<void> {
  const gone = bequeathLockFile(file);
  if (gone !== undefined) return gone.then(leave);
  leave();
}
