/** What every part of a reset works with: the file system, the root, and the hold that allows it. */
import { type AtomicWriter, closeReader } from '@holdfast/atomic-writer';
import { type Clock, type Held, HoldfastError, requireHeld } from '@holdfast/base';
import type { GuardedRoot } from './guarded-root.ts';
import { attempt, failedStep } from './reset-failure.ts';
import type { ResetPort } from './reset-port.ts';

export interface ResetContext {
  readonly port: ResetPort;
  readonly root: GuardedRoot;
  /** Durability 'full', 0600. */
  readonly writer: AtomicWriter;
  readonly clock: Clock;
  /** Exclusive. */
  readonly held: Held;
}

/** @throws HoldfastError LOCK_WRONG_SCOPE, LOCK_RELEASED, LOCK_LOST */
export function requireExclusive(held: Held | undefined, scope: string): Held {
  if (held === undefined) {
    // The compiler refuses a call without a hold; who has none, from JavaScript, is told in our words.
    throw new HoldfastError('LOCK_WRONG_SCOPE', `no hold was given where ${scope} is guarded`, {
      details: { needed: scope },
    });
  }
  requireHeld(held, scope);
  if (held.mode === 'exclusive') return held;
  throw new HoldfastError('LOCK_WRONG_SCOPE', `${scope} is held shared where an exclusive hold is needed`, {
    details: { given: held.mode, needed: 'exclusive', scope },
  });
}

/**
 * Renames under the fence check: the only way by which a reset changes what others see.
 *
 * @throws HoldfastError LOCK_LOST, LOCK_RELEASED - it was not done; WRITE_FAILED - the system refused
 */
export function publishRename({ port, held }: ResetContext, from: string, to: string): void {
  requireHeld(held, held.scope);
  attempt('moved', from, () => held.publish(() => port.rename(from, to)));
}

/** Flushes the names in a directory; a directory that is gone has none. */
export async function flushDirectory({ port }: ResetContext, directory: string): Promise<void> {
  if (!port.canFlushDirectories) return;
  if (attempt('examined', directory, () => port.identify(directory)) === undefined) return;
  const descriptor = attempt('opened', directory, () => port.openDirectory(directory));
  try {
    await port.flushLater(descriptor);
  } catch (cause) {
    throw failedStep('flushed', directory, cause);
  } finally {
    closeReader(port, descriptor);
  }
}
