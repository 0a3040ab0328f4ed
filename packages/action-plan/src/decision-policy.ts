/**
 * The pure step from a trigger and the facts at hand to a verdict. A policy has no clock, no file and no randomness:
 * time and state come in as facts, so every policy can be written down and tested as a table.
 */
import type { TriggerReason } from './trigger-reason.ts';

/** What a policy makes of a trigger. */
export type Verdict<Action> =
  /** Do these, in this order. */
  | { readonly kind: 'act'; readonly actions: readonly Action[]; readonly because: string }
  /** Nothing to do; the state may stay as it is. */
  | { readonly kind: 'keep'; readonly because: string }
  /** It must not be done now, and somebody has to know. */
  | { readonly kind: 'refuse'; readonly because: string };

export type DecisionPolicy<Reason extends TriggerReason, Facts, Action> = (
  reason: Reason,
  facts: Facts,
) => Verdict<Action>;
