/**
 * What the janitor does at a pass: (reason, facts) → actions, and what it has to know for the next one. Pure.
 *
 * While truth could not be reached, or no mapper ran here, the reports of living sessions could not arrive either, and for
 * many of them time has run out. So after an outage that is longer than the interval of reports, nothing is ended before
 * every NAS has had its turn again. Nobody is locked out by that: a login takes over a session whose time is over.
 */
import type { DecisionPolicy } from '@holdfast/action-plan';
import type { RadiusReason } from './radius-reason.ts';

/** What is kept from pass to pass. */
export interface JanitorMemory {
  /** When truth answered the last pass, in milliseconds since the Unix epoch. */
  readonly passedMs: number;
  /** Until then nothing is ended. */
  readonly patientUntilMs: number;
}

export interface JanitorFacts {
  readonly nowMs: number;
  /** Undefined before the first pass: then nothing is known of an outage. */
  readonly memory: JanitorMemory | undefined;
  /** How often a NAS reports a session. */
  readonly interimMs: number;
}

export type JanitorAction =
  /** Ends the sessions whose time is over. */
  | { readonly kind: 'expire' }
  /** Forgets those that ended before. */
  | { readonly kind: 'prune'; readonly beforeMs: number };

/** How long an ended session is remembered: `holdfast explain` tells of it, and its token is known. */
export const rememberedMs = 7 * 86_400_000;

/** A report may be late by this: retransmissions of a NAS, the drain of a spool. */
const lateMs = 60_000;

export const janitorPolicy: DecisionPolicy<RadiusReason<'janitor'>, JanitorFacts, JanitorAction> = (
  _reason,
  facts,
) => {
  const prune = { kind: 'prune', beforeMs: facts.nowMs - rememberedMs } as const;
  if (facts.nowMs < nextMemory(facts).patientUntilMs)
    return { kind: 'act', actions: [prune], because: 'reports-outstanding' };
  return { kind: 'act', actions: [{ kind: 'expire' }, prune], because: 'due' };
};

/** What is known after a pass that truth has answered. */
export function nextMemory({ nowMs, memory, interimMs }: JanitorFacts): JanitorMemory {
  if (memory === undefined) return { passedMs: nowMs, patientUntilMs: 0 };
  const longestMs = nowMs + interimMs + lateMs;
  const wasAway = nowMs - memory.passedMs > interimMs;
  // A clock that was set back must not make it patient for ever.
  const patientUntilMs = wasAway ? longestMs : Math.min(memory.patientUntilMs, longestMs);
  return { passedMs: nowMs, patientUntilMs };
}
