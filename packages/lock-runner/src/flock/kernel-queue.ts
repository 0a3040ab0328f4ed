/**
 * Waiting in the kernel's own queue: fair, without polling, and cancellable. A helper process waits for us
 * (`lock-helper.ts`), the first kind that this machine can have. One that fails to do its work is not tried again; when
 * none is left `isAvailable` is false and callers have to poll, which is not fair and which their guarantee says.
 */
import type { LockMode } from '@holdfast/base';
import { unlockFlock } from './flock-ffi.ts';
import { type HelperKind, helperKinds, type Priority } from './helper-kind.ts';
import { keepHelper, takeHelper } from './helper-pool.ts';
import type { LockFile } from './lock-file.ts';
import type { LockHelper } from './lock-helper.ts';

/** How often a helper may be killed by others during one wait before the next kind has its try. */
const mostDeaths = 3;

export interface KernelWait {
  readonly mode: LockMode;
  readonly priority: Priority;
  /** Of this wait alone: listeners that are added stay. */
  readonly signal: AbortSignal;
}

export class KernelQueue {
  readonly #kinds: Set<HelperKind>;
  #isAvailable: boolean | undefined;

  constructor(kinds: readonly HelperKind[]) {
    this.#kinds = new Set(kinds);
  }

  /** Whether this machine has anything to wait with. */
  get isAvailable(): boolean {
    this.#isAvailable ??= [...this.#kinds].some((kind) => kind.command('interactive') !== undefined);
    return this.#isAvailable;
  }

  /**
   * Resolves with true when the lock of `file` is ours, with false when no helper could be started now. When the signal
   * aborts first, the helper is killed and reaped, a grant that raced the kill is given back, and its reason is thrown.
   */
  async wait(file: LockFile, wait: KernelWait): Promise<boolean> {
    for (const kind of this.#kinds) {
      for (let deaths = 0; deaths < mostDeaths; deaths += 1) {
        const outcome = await this.#waitWith(kind, file, wait);
        if (outcome === 'granted') return true;
        if (outcome === 'unable') break;
      }
    }
    return false;
  }

  async #waitWith(
    kind: HelperKind,
    file: LockFile,
    { mode, priority, signal }: KernelWait,
  ): Promise<'granted' | 'killed' | 'unable'> {
    signal.throwIfAborted();
    const helper = startHelper(file, kind, priority);
    if (helper === undefined) return 'unable';
    let isWaiting = true;
    const kill = () => {
      if (isWaiting) helper.kill();
    };
    signal.addEventListener('abort', kill, { once: true }); // the signal is of this wait and goes with it
    const isGranted = await helper.wait(mode);
    isWaiting = false;
    if (signal.aborted) await giveUp(file, helper);
    signal.throwIfAborted();
    if (!isGranted) return this.#judge(helper);
    keepHelper(helper);
    return 'granted';
  }

  /** A helper has ended that nobody told to. */
  async #judge(helper: LockHelper): Promise<'killed' | 'unable'> {
    const { status, cause } = await helper.ended;
    if (status === null && cause === undefined) return 'killed';
    // A status is its own word that it cannot. A refused start may be for lack of processes or descriptors: no verdict.
    if (status !== null) {
      this.#kinds.delete(helper.kind);
      this.#isAvailable = undefined;
    }
    return 'unable';
  }
}

export const kernelQueue: KernelQueue = new KernelQueue(helperKinds);

async function giveUp(file: LockFile, helper: LockHelper): Promise<void> {
  helper.kill();
  await helper.ended;
  unlockFlock(file.fd);
}

function startHelper(file: LockFile, kind: HelperKind, priority: Priority): LockHelper | undefined {
  try {
    return takeHelper(file, kind, priority);
  } catch {
    return undefined; // Bun throws what Node tells by an event
  }
}
