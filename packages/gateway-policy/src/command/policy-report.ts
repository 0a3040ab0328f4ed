/** What a run tells: the `--json` document, the lines for a person, and the exit status. Keys are stable. */

import type { HoldfastError } from '@holdfast/base';
import type { CycleReport } from '@holdfast/cycle';
import { type CapacityForecast, capacityForecast, capacityWarnings } from '../capacity-forecast.ts';
import { type Changes, countChanges } from '../changes.ts';
import { type DriftEntry, driftOf } from '../drift.ts';
import type { NasDrift } from '../nas/nas-report.ts';
import type { PolicyTarget } from './policy-target.ts';
import { bringsNews, type PolicyTriggerKind } from './policy-trigger.ts';
import {
  askedOf,
  changedAtNas,
  outcomeWith,
  type RadiusAsked,
  type RadiusFindings,
  totalOf,
} from './radius-findings.ts';

export interface PolicyReport {
  readonly outcome: 'applied' | 'unchanged' | 'joined' | 'locked' | 'refused' | 'failed' | 'pending';
  readonly reason: PolicyTriggerKind;
  readonly gateway: string;
  /** Id of the recorded trigger, null when none was recorded. */
  readonly trigger: number | null;
  /** Newest trigger that is live, null when this run does not know. */
  readonly covered: number | null;
  /** Whether a run that died half-way was found and completed. */
  readonly rolledForward: boolean;
  readonly changes: { readonly nft: number; readonly tc: number; readonly radius: number };
  /** What the NASes were asked and said; null for a run that asked none. */
  readonly radius: RadiusAsked | null;
  /**
   * What differed from truth although no trigger asked for a change, what is pending after a check or dry run, and what a
   * NAS has not done: the first entries; `driftTotal` counts all.
   */
  readonly drift: readonly (DriftEntry | NasDrift)[];
  readonly driftTotal: number;
  /** Fingerprint of the desired state: equal states have equal ones. */
  readonly digest: string | null;
  /** How full the gateway is, and what building it would cost; null for a run that has not read all of truth. */
  readonly capacity: CapacityForecast | null;
  readonly waitedMs: number;
  /** How often the run gave the lock away between two parts of its work, for somebody who waited. */
  readonly yields: number;
  readonly tookMs: number;
  readonly backend: string | null;
  /** What went wrong beside the run, which succeeded all the same. */
  readonly warnings: readonly string[];
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    readonly details?: unknown;
  };
}

/** A cold start of 50 000 sessions differs in 150 000 objects; a report names so many. */
const mostDrift = 100;

export interface ReportFacts {
  readonly reason: PolicyTriggerKind;
  readonly gateway: string;
  readonly tookMs: number;
  readonly warnings?: readonly string[];
  readonly radius?: RadiusFindings | undefined;
}

export function reportOf(cycle: CycleReport<PolicyTarget, Changes>, facts: ReportFacts): PolicyReport {
  const { radius } = facts;
  const found = driftIn(cycle, facts.reason);
  const drift = [...found.slice(0, mostDrift), ...(radius?.drift ?? [])].slice(0, mostDrift);
  const counted = cycle.changes === undefined ? { nft: 0, tc: 0 } : countChanges(cycle.changes);
  const { capacity, warnings: nearlyFull } = capacityOf(cycle.desired);
  const outcome = outcomeWith(radius, cycle.outcome === 'kept' ? 'unchanged' : cycle.outcome);
  return {
    outcome,
    reason: facts.reason,
    gateway: facts.gateway,
    trigger: cycle.ticket ?? null,
    // What is only pending is not live.
    covered: outcome === 'pending' ? null : (cycle.covered ?? null),
    rolledForward: cycle.rolledForward,
    changes: { ...counted, radius: changedAtNas(radius) },
    radius: askedOf(radius),
    drift,
    driftTotal: found.length + totalOf(radius),
    digest: cycle.desired?.digest ?? null,
    capacity,
    waitedMs: Math.round(cycle.waitedMs),
    yields: cycle.yields,
    tookMs: Math.round(facts.tookMs),
    backend: cycle.backend ?? null,
    warnings: [...(facts.warnings ?? []), ...nearlyFull, ...(radius?.warnings ?? [])],
  };
}

/** News are a part of the gateway only. */
function capacityOf(target: PolicyTarget | undefined): {
  readonly capacity: CapacityForecast | null;
  readonly warnings: readonly string[];
} {
  if (target === undefined || target.news !== undefined) return { capacity: null, warnings: [] };
  const { gateway, state, sessions } = target;
  const capacity = capacityForecast(gateway, state, sessions);
  return { capacity, warnings: capacityWarnings(capacity, gateway) };
}

/** Changes that a trigger announced are what was asked for; what differs although nobody asked is drift. */
function driftIn(
  { outcome, changes }: CycleReport<PolicyTarget, Changes>,
  reason: PolicyTriggerKind,
): readonly DriftEntry[] {
  const isDrift = outcome === 'pending' || !bringsNews(reason);
  return isDrift && changes !== undefined ? driftOf(changes) : [];
}

/** A trigger that was recorded before the failure stays recorded; the report names it. */
export function failureReportOf(
  error: HoldfastError,
  facts: ReportFacts & { readonly ticket?: number | undefined },
): PolicyReport {
  const { drift } = error.details;
  const found = Array.isArray(drift) ? (drift as readonly DriftEntry[]) : [];
  return {
    outcome: outcomeOf(error),
    reason: facts.reason,
    gateway: facts.gateway,
    trigger: facts.ticket ?? null,
    covered: null,
    rolledForward: false,
    changes: { nft: 0, tc: 0, radius: 0 },
    radius: null,
    drift: found.slice(0, mostDrift),
    driftTotal: found.length,
    digest: null,
    capacity: null,
    waitedMs: Math.round(numberOrNull(error.details.waitedMs) ?? 0),
    yields: 0,
    tookMs: Math.round(facts.tookMs),
    backend: null,
    warnings: facts.warnings ?? [],
    error: { code: error.code, message: error.message, hint: error.hint, ...detailsOf(error) },
  };
}

/** Pending changes are no failure of the command, and still not a clean state. */
export function exitOf(report: PolicyReport, error: HoldfastError | undefined): number {
  if (error !== undefined) return error.exit;
  return report.outcome === 'pending' ? 2 : 0;
}

/** The report for a person: what happened, then what differed. */
export function describeReport(report: PolicyReport): string {
  const { nft, tc, radius } = report.changes;
  const atNas = radius === 0 ? '' : `, ${radius} at NASes`;
  const amounts = nft + tc + radius === 0 ? '' : `: ${nft} nft and ${tc} tc changes${atNas}`;
  const covered = report.covered === null ? '' : `, triggers up to ${report.covered} are live`;
  const pending = report.outcome === 'pending' ? report.drift : [];
  const hidden = report.outcome === 'pending' ? report.driftTotal - pending.length : 0;
  return [
    `gateway ${report.gateway} ${report.outcome}${amounts}${covered} (${report.tookMs} ms)`,
    ...(report.rolledForward ? ['  completed a run that had died half-way'] : []),
    ...pending.map(describeDrift),
    ...(hidden === 0 ? [] : [`  … and ${hidden} more`]),
    ...report.warnings.map((warning) => `  warning: ${warning}`),
  ].join('\n');
}

function describeDrift({ layer, object, expected, actual }: DriftEntry | NasDrift): string {
  return `  ${layer} ${object}: wanted ${expected ?? 'nothing'}, found ${actual ?? 'nothing'}`;
}

function outcomeOf(error: HoldfastError): PolicyReport['outcome'] {
  if (error.code === 'LOCK_BUSY') return 'locked';
  return error.exit === 3 ? 'refused' : 'failed';
}

function detailsOf(error: HoldfastError): { readonly details?: unknown } {
  const { drift: _drift, ...details } = error.details;
  return Object.keys(details).length === 0 ? {} : { details };
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
