/** What a run has done at the NASes, or a look has found to be done there, as the report of the run needs it. */
import type { NasDue } from '../nas/nas-due.ts';
import type { NasReport } from '../nas/nas-report.ts';

export type RadiusFindings = NasReport | NasDue;

export type RadiusAsked = Omit<NasReport, 'drift' | 'driftTotal' | 'warnings'>;

function isRun(radius: RadiusFindings): radius is NasReport {
  return 'acked' in radius;
}

/** What was done at a NAS is a change, what is to be done there is pending. */
export function outcomeWith<Outcome extends string>(
  radius: RadiusFindings | undefined,
  outcome: Outcome,
): Outcome | 'applied' | 'pending' {
  if (radius === undefined || outcome !== 'unchanged') return outcome;
  if (isRun(radius)) return changedAtNas(radius) > 0 ? 'applied' : outcome;
  return radius.due > 0 ? 'pending' : outcome;
}

export function changedAtNas(radius: RadiusFindings | undefined): number {
  if (radius === undefined) return 0;
  return isRun(radius) ? radius.acked + radius.gone : radius.due;
}

export function totalOf(radius: RadiusFindings | undefined): number {
  if (radius === undefined) return 0;
  return isRun(radius) ? radius.driftTotal : radius.drift.length;
}

export function askedOf(radius: RadiusFindings | undefined): RadiusAsked | null {
  if (radius === undefined || !isRun(radius)) return null;
  const { drift: _drift, driftTotal: _total, warnings: _warnings, ...asked } = radius;
  return asked;
}
