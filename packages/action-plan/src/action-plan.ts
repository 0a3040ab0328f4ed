/**
 * What will be done, to which scope, how far. Made before the lock is sought, so it holds intentions (which actions, how
 * long to wait) and no facts of the guarded state: those are read under the lock.
 */
import type { Verdict } from './decision-policy.ts';
import type { TriggerReason } from './trigger-reason.ts';

/** How far the one path goes: `check` and `dry-run` stop before the first effect. */
export type PlanMode = 'apply' | 'dry-run' | 'check';

export interface ActionPlan<Reason extends TriggerReason = TriggerReason, Action = unknown> {
  readonly reason: Reason;
  /** The scope whose lock guards every action. */
  readonly scope: string;
  readonly mode: PlanMode;
  readonly actions: readonly Action[];
  /** How long to wait for the lock, in milliseconds; `Infinity` for no limit. */
  readonly waitMs: number;
  readonly priority: 'interactive' | 'background';
}

export interface PlanOptions {
  readonly mode: PlanMode;
  readonly waitMs: number;
  readonly priority: 'interactive' | 'background';
}

/** The plan of a verdict to act; undefined for a verdict to keep or refuse, which needs no lock. */
export function planOf<Reason extends TriggerReason, Action>(
  reason: Reason,
  verdict: Verdict<Action>,
  options: PlanOptions,
): ActionPlan<Reason, Action> | undefined {
  if (verdict.kind !== 'act') return undefined;
  return { reason, scope: reason.scope, actions: verdict.actions, ...options };
}
