/**
 * Where policy becomes effective. A dataplane reads its whole state, checks changes without any effect, and writes them
 * in an order that never maps an address to a class that does not exist:
 *
 *     tc-add (classes that are needed) ─► nft (one atomic transaction) ─► tc-remove (classes no longer needed)
 *
 * It does not decide, does not retry and does not verify: the caller reads again and compares. It is not a lock either:
 * exactly one writer at a time is the caller's duty.
 */
import type { Held } from '@holdfast/base';
import type { Changes, DataplaneStep } from './changes.ts';
import type { ActualState } from './policy-state.ts';

export interface Dataplane {
  readonly name: 'kernel' | 'recorded';

  /**
   * The whole actual state. A table or tree that is absent is 'missing'; what cannot be read is an error, never empty.
   *
   * @throws HoldfastError DATAPLANE_UNAVAILABLE, NOT_PERMITTED or DATAPLANE_FAILED
   */
  read(): Promise<ActualState>;

  /**
   * Lets the dataplane judge `changes` without any effect.
   *
   * @throws HoldfastError DATAPLANE_FAILED - they would be refused, as they do not fit what is live
   */
  check(changes: Changes): Promise<void>;

  /**
   * Writes `changes`; checks them first unless this dataplane has checked the same object before.
   *
   * When the nft transaction is refused, classes added and changed for it are taken back before the error leaves, except
   * where a tree was rebuilt. When it is unknown whether it took effect (a deadline), they stay: an unused class harms
   * nobody, a missing one unshapes.
   *
   * @param held - the hold that guards this gateway; programs that write inherit it, so a next writer waits for them even
   * when we are killed
   * @param onStep - called before each effect that happens; when it rejects, that effect does not happen and the error is
   * treated like a refusal, LOCK_LOST like an unknown outcome
   * @throws HoldfastError DATAPLANE_FAILED, DATAPLANE_UNAVAILABLE or NOT_PERMITTED
   */
  write(changes: Changes, held: Held, onStep?: OnStep): Promise<void>;

  /**
   * Writes the few objects that one changed session touches, at a cost that does not grow with the number of sessions:
   * nothing is checked before and nothing is read back. What it says is proof all the same: every statement demands the
   * state before it (`create` where nothing may be, `delete` where something must be), nft takes all of them or none, and
   * the kernel acknowledges each. So it returns when exactly these objects were changed, and throws when one of them was not as
   * `changes` say: there already, missing, or of another class. The next `read` tells what is there then.
   *
   * nft's own echo is not asked for: with it nft 1.0.6 first loads every element (0.3 s at 50 000).
   *
   * @param changes - as `deltaOf` makes them: touched objects only, scaffolds kept
   * @throws HoldfastError DATAPLANE_FAILED, DEVICE_MISSING, DATAPLANE_UNAVAILABLE or NOT_PERMITTED, in which case the classes
   *   that were added are taken back as `write` does; INTERNAL - the changes build a scaffold
   */
  writeDelta(changes: Changes, held: Held, onStep?: OnStep): Promise<void>;

  /** The live state as text for people and for comparison: equal states give equal dumps. */
  dump(): Promise<string>;
}

export type OnStep = (step: DataplaneStep) => void | Promise<void>;
