/**
 * Which scopes the current chain of calls already holds. Locking one of them again would wait for itself for ever, so
 * it is an error that names the place where the scope was locked.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { HoldfastError } from '@holdfast/base';

export interface HeldHere {
  readonly key: string;
  readonly scope: string;
  readonly isReleased: () => boolean;
  /** Carries the stack of the place that locked; formatted only when somebody asks. */
  readonly place: Error;
  readonly outer: HeldHere | undefined;
}

const storageKey = Symbol.for('holdfast.lock-runner.reentry');
const shared = globalThis as { [storageKey]?: AsyncLocalStorage<HeldHere> };
shared[storageKey] ??= new AsyncLocalStorage<HeldHere>();
const storage = shared[storageKey];

/** @throws HoldfastError LOCK_REENTRANT */
export function refuseReentry(key: string, scope: string): void {
  for (let held = storage.getStore(); held !== undefined; held = held.outer) {
    // Work that outlives its run() inherits the context; a released hold is no reason to refuse.
    if (held.key !== key || held.isReleased()) continue;
    throw new HoldfastError('LOCK_REENTRANT', `${scope} is already held by this chain of calls`, {
      details: { scope, lockedAt: placeOf(held.place) },
    });
  }
}

/** Runs `work` as holder of `key`. */
export function asHolder<Result>(held: Omit<HeldHere, 'outer'>, work: () => Result): Result {
  return storage.run({ ...held, outer: storage.getStore() }, work);
}

function placeOf(error: Error): readonly string[] {
  return (error.stack ?? '')
    .split('\n')
    .slice(1)
    .map((line) => line.trim());
}
