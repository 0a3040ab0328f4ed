/**
 * A lock whose generation a server allotted with it, as this host keeps to it: recorded beside the lock file before anybody
 * relies on the hold, and compared at each publish. So nothing of an older holder lands on this host after something of
 * this one, whoever granted the locks. Between hosts the generation has to be compared where the effect is.
 */
import { type Clock, isHoldfastError } from '@holdfast/base';
import { publishFenced, recordFence } from './directory/fence-file.ts';
import type { GrantBeyond } from './entrance.ts';
import { waitLimit, waitLimitPassed } from './wait-limit.ts';

/** The lock on the server. */
export interface ServerHold {
  /** Aborts when the lock is lost. */
  readonly lost: AbortSignal;
  /** @throws HoldfastError LOCK_LOST - it is not ours any more, as far as can be told without asking */
  requireCurrent(): void;
  /** Whether others on the server want it. */
  contended(): boolean;
  release(): Promise<void>;
}

export interface RecordOptions {
  /** Of the lock file, beside which this host keeps its generations. */
  readonly path: string;
  readonly scope: string;
  readonly fence: number;
  readonly clock: Clock;
  /** How long a publish that is under way may be waited for, in milliseconds. */
  readonly waitMs: number;
  readonly signal: AbortSignal | undefined;
}

/** A publish of this host takes less, unless its process was stopped: then the tries to record a generation are paced. */
const publishMs = 5;
const recordPaceMs = 20;

/**
 * The grant to hand out. A process that was stopped inside its publish is waited for, with the lock kept: what it has begun
 * has to land before anything of ours.
 *
 * @returns undefined when the limit passed first; then, and when it fails, the hold has been given back
 * @throws the signal's reason, HoldfastError LOCK_LOST, or what writing the generation fails with
 */
export async function recordedGrant(
  hold: ServerHold,
  options: RecordOptions,
): Promise<GrantBeyond | undefined> {
  const { path, scope, fence, waitMs, signal } = options;
  using limit = waitLimit(waitMs, signal);
  try {
    await record(hold, options, limit.signal);
  } catch (error) {
    await hold.release();
    if (error === waitLimitPassed) return undefined;
    throw error;
  }
  const confirm = () => hold.requireCurrent();
  return {
    lost: hold.lost,
    allotFence: async () => {
      confirm();
      return fence;
    },
    contended: () => hold.contended(),
    publish: (_fence, step) => publishFenced({ path, scope, fence, confirm }, step),
    release: () => hold.release(),
  };
}

async function record(
  hold: ServerHold,
  { path, scope, fence, clock }: RecordOptions,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    hold.requireCurrent();
    try {
      recordFence(path, scope, fence, publishMs);
      return;
    } catch (error) {
      if (!isHoldfastError(error, 'LOCK_BUSY')) throw error;
    }
    await clock.sleep(recordPaceMs, signal);
  }
}
