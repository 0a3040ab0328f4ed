/**
 * The proof that a lock is held. Whoever touches guarded state asks for one; no proof, no write. A hold of another
 * scope, a released hold and a lost hold are no proof: `requireHeld` tells them apart.
 */
import { HoldfastError } from './holdfast-error.ts';
import type { LockGuarantee } from './lock-guarantee.ts';

export type LockMode = 'exclusive' | 'shared';

export interface Held extends AsyncDisposable {
  /** The scope that was asked for, such as `policy:gw1`. */
  readonly scope: string;
  readonly mode: LockMode;
  /** Name of the backend that granted it: `flock`, `process`, … */
  readonly backend: string;
  readonly guarantee: LockGuarantee;
  /** How long the grant took, in milliseconds. */
  readonly waitedMs: number;
  /** Aborts when the lock is lost or its hold deadline passes; its reason is a HoldfastError. */
  readonly signal: AbortSignal;
  /** True after release. */
  readonly isReleased: boolean;
  /** What is left of the wait limit at the grant, in milliseconds: the budget for retries of a publish under this hold. */
  readonly budgetMs: number;
  /**
   * The monotonic generation of this scope, allotted under the lock at the first call and the same ever after.
   * A later holder's is greater, across crashes and restarts.
   *
   * @throws HoldfastError LOCK_LOST, LOCK_RELEASED or LOCK_WRONG_SCOPE - as `publish`; none was allotted
   */
  fence(): Promise<number>;
  /** True when somebody of the same or a higher priority waits for this lock: a long holder yields between batches. */
  contended(): boolean;
  /**
   * Runs `step` (one synchronous rename) only if this hold is still the newest of its scope, such that no newer
   * holder's publish can come between the check and the step on one host.
   *
   * @throws HoldfastError LOCK_LOST - a newer holder has taken over; `step` was not run
   * @throws HoldfastError LOCK_RELEASED - this hold has been given back; `step` was not run
   * @throws HoldfastError LOCK_WRONG_SCOPE - this hold is shared, which is for reading; `step` was not run
   */
  publish<Result>(step: () => Result): Result;
  /**
   * Descriptor that carries the lock, where the backend has one. A child process that inherits it keeps the lock until it
   * has ended too: hand it to programs that write guarded state, so that nobody gets in while one of them outlives us.
   */
  readonly descriptor?: number | undefined;
  /** Gives the lock back. Idempotent; never throws because the lock was lost. */
  release(): Promise<void>;
}

/**
 * Refuses a hold that does not guard `scope`.
 *
 * @throws HoldfastError LOCK_WRONG_SCOPE, LOCK_RELEASED or LOCK_LOST
 */
export function requireHeld(held: Held, scope: string): void {
  if (held.scope !== scope) {
    throw new HoldfastError(
      'LOCK_WRONG_SCOPE',
      `a hold of ${held.scope} was given where ${scope} is guarded`,
      {
        details: { given: held.scope, needed: scope },
      },
    );
  }
  if (held.isReleased) throw new HoldfastError('LOCK_RELEASED', `the hold of ${scope} has been given back`);
  if (held.signal.aborted) throw held.signal.reason;
}
