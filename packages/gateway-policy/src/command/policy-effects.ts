/**
 * Actual state, difference and effects of a policy run. A run that knows what was live before takes that for the actual
 * state, and what the kernel has acknowledged for what is live now; every other run reads.
 */
import { isHoldfastError, requireHeld } from '@holdfast/base';
import type { EffectStages } from '@holdfast/cycle';
import { countConnectionsInNews } from '@holdfast/truth-db';
import {
  type ActualState,
  assertRemovalsExplained,
  type Changes,
  type DataplaneStep,
  type DriftEntry,
  diffState,
  driftOf,
  focusOn,
  isDelta,
  isEmpty,
  partsOf,
} from '../index.ts';
import type { PolicyStagesOptions } from './policy-stages-options.ts';
import type { PolicyTarget } from './policy-target.ts';
import { policyScope } from './policy-trigger.ts';
import { requireCurrent } from './require-current.ts';

export function policyEffects(
  options: PolicyStagesOptions,
): EffectStages<PolicyTarget, ActualState, Changes, DriftEntry> {
  const { gateway, dataplaneFor, documents } = options;
  /** The news that the kernel has acknowledged. */
  let written: PolicyTarget | undefined;
  const parts = new WeakSet<Changes>();
  return {
    // Device and layout are truth too: the dataplane is that of the snapshot, not of the start of this process.
    readActual: async (_held, target) => {
      if (target.news === undefined) return dataplaneFor(target.gateway).read();
      const live = written === target ? target.state : target.news.before;
      return { ...live, nft: { kind: 'intact' }, tc: { kind: 'intact' } };
    },
    diff: ({ state, focus }, actual) => {
      const changes = diffState(state, actual);
      return focus === undefined ? changes : focusOn(changes, focus);
    },
    isEmpty,
    drift: driftOf,
    guard: async (changes, actual, { news }) => {
      // What changed since the last run was announced by triggers.
      if (news === undefined) await guardRemovals(options, changes, actual);
    },
    intent: documents.intent,
    partsOf: function* (changes) {
      for (const part of partsOf(changes)) {
        parts.add(part);
        yield part;
      }
    },
    write: async (changes, held, target) => {
      requireHeld(held, policyScope(gateway));
      await held.fence(); // whoever remembers what was live knows by it that somebody has written since
      const dataplane = dataplaneFor(target.gateway);
      const onStep = async (step: DataplaneStep) => {
        requireCurrent(held);
        await options.onEffect?.(step);
      };
      if (target.news !== undefined || (parts.has(changes) && isDelta(changes))) {
        await dataplane.writeDelta(changes, held, onStep);
      } else {
        await dataplane.check(changes);
        await dataplane.write(changes, held, onStep);
      }
      written = target;
    },
  };
}

/** What the triggers explain is counted only when it matters. */
async function guardRemovals(
  { truth, gateway, force, removals }: PolicyStagesOptions,
  changes: Changes,
  actual: ActualState,
): Promise<void> {
  try {
    assertRemovalsExplained(changes, actual, { ...removals, force });
  } catch (error) {
    if (!isHoldfastError(error, 'REMOVAL_REFUSED')) throw error;
    const explained = await countConnectionsInNews(truth, gateway);
    assertRemovalsExplained(changes, actual, { ...removals, explained });
  }
}
