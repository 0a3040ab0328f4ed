/**
 * Reasons of a restriction. A row has room for one (B055 §2.2), so of several the strongest stands: what a person set
 * goes before what a rule found, and a rule never lifts what a person set.
 *
 * A weaker reason that meets a stronger one is not kept. Whoever evaluates quota or expiry is level-based: it says again
 * what holds on its next pass, and then finds the place free. Only UNCLAIMED_OVERDUE comes back by itself, because the
 * row says all that it depends on.
 */
import type { RestrictedReason } from '../tables.ts';

/** Reasons that are set from outside. UNCLAIMED_OVERDUE is the clock's alone. */
export type SettableReason = Exclude<RestrictedReason, 'UNCLAIMED_OVERDUE'>;

/** Strongest first. */
export const reasonsByStrength = ['MANUAL', 'EXPIRY', 'QUOTA', 'UNCLAIMED_OVERDUE'] as const;

/** The reason that stands when `added` meets `standing`. */
export function strongerReason(standing: RestrictedReason | null, added: SettableReason): RestrictedReason {
  if (standing === null) return added;
  return reasonsByStrength.indexOf(standing) < reasonsByStrength.indexOf(added) ? standing : added;
}

/** Nothing when `lifted` is what stands, else what stands. */
export function withoutReason(
  standing: RestrictedReason | null,
  lifted: RestrictedReason,
): RestrictedReason | null {
  return standing === lifted ? null : standing;
}
