/**
 * The order of effects, written once for every dataplane: classes that are needed, then the one nft transaction, then
 * the classes no longer needed. Knows nothing of commands.
 */
import { HoldfastError, isHoldfastError } from '@holdfast/base';
import { type Changes, type DataplaneStep, stepsOf } from './changes.ts';
import type { OnStep } from './dataplane.ts';

export interface Effects {
  readonly addClasses: () => Promise<void>;
  /** All or nothing. */
  readonly commitNft: () => Promise<void>;
  readonly removeClasses: () => Promise<void>;
  /** Undoes what `addClasses` did, as far as it got. */
  readonly takeBack: () => Promise<void>;
}

/** Details of an error whose effect may have happened all the same: the command was cut off, not refused. */
export const unknownOutcome = { outcome: 'unknown' } as const;

export async function runEffects(changes: Changes, effects: Effects, onStep?: OnStep): Promise<void> {
  const steps = stepsOf(changes);
  const run = async (step: DataplaneStep, effect: () => Promise<void>) => {
    if (!steps.includes(step)) return;
    await onStep?.(step);
    await effect();
  };
  await run('tc-add', () => orTakeBack(effects.addClasses, effects));
  if (steps.includes('tc-add')) {
    await orTakeBack(() => run('nft', effects.commitNft), effects);
  } else {
    await run('nft', effects.commitNft);
  }
  await run('tc-remove', effects.removeClasses);
}

async function orTakeBack(act: () => Promise<void>, effects: Effects): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!mayTakeBack(error)) throw error;
    try {
      await effects.takeBack();
    } catch (failure) {
      throw new HoldfastError(
        'DATAPLANE_FAILED',
        'classes added for a refused transaction could not be taken back',
        {
          cause: new AggregateError([error, failure]),
        },
      );
    }
    throw error;
  }
}

/**
 * Not after a command that was cut off, whose effect may have happened; and not after the lock was lost, when a class that
 * we added may be what the next writer has built upon.
 */
function mayTakeBack(error: unknown): boolean {
  if (!isHoldfastError(error)) return true;
  return error.code !== 'LOCK_LOST' && error.details.outcome !== unknownOutcome.outcome;
}
