/**
 * What a failure to apply an event calls for. Truth that is away, busy or misconfigured comes back: the event waits. An event
 * that truth refuses is refused again: it is kept for a person.
 *
 * What is not known (INTERNAL) may be either, a defect of ours or a state of the server that has no name here. Such an event
 * waits too, for less than a session lives without a report, because those behind it wait with it.
 */
import type { HoldfastError } from '@holdfast/base';
import { asHoldfastError } from '@holdfast/host/cli';

export type EventFailure = { readonly kind: 'later' | 'never'; readonly error: HoldfastError };

/** database unreachable, read-only or full, outcome unknown, busy, access, configuration of the database */
const passing: readonly number[] = [69, 73, 74, 75, 77, 78];

const longestDoubtMs = 600_000;

/** @param ageMs - since the event was received */
export function failureOf(thrown: unknown, ageMs: number): EventFailure {
  const error = asHoldfastError(thrown);
  return { kind: isLater(error, ageMs) ? 'later' : 'never', error };
}

function isLater(error: HoldfastError, ageMs: number): boolean {
  if (error.code === 'INTERNAL') return ageMs < longestDoubtMs;
  // Truth has no such gateway any more: exit 78, but no configuration of ours.
  return passing.includes(error.exit) && error.code !== 'CONFIG_INVALID';
}
