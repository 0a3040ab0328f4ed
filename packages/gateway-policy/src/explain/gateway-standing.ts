/**
 * How a gateway stands on its machine, in the form in which others read it as JSON: its last runs, and who has its lock. Looks
 * only. Keys are stable; new ones may be added.
 */
import type { LockParty } from '@holdfast/base';
import { printable } from '@holdfast/host/cli';
import { policyScope } from '../command/policy-trigger.ts';
import type { RunRecord } from '../command/run-record.ts';
import { readLastRuns, type SidePlace, whoHasGateway } from './gateway-side.ts';

export interface GatewayStanding {
  /** Newest first, at most 50; null when they cannot be read. */
  readonly runs: readonly StandingRun[] | null;
  /** Null where there are no locks, or none that may be looked at. */
  readonly lock: StandingLock | null;
}

export type StandingRun = Omit<RunRecord, 'digest'>;

export interface StandingLock {
  readonly scope: string;
  readonly holder: StandingParty | null;
  /** The first 500. */
  readonly waiters: readonly StandingParty[];
}

export interface StandingParty {
  /** Null where only its claim is known, not the process. */
  readonly pid: number | null;
  readonly host: string | null;
  readonly purpose: string | null;
  /** For how long it has held or waited, in milliseconds. */
  readonly sinceMs: number | null;
}

/** A storm of more is as good as told, and an answer stays far below what is read of it. */
const mostWaiters = 500;

/** @throws HoldfastError as `readLastRuns` does */
export async function standingRuns(place: SidePlace, gateway: string): Promise<readonly StandingRun[]> {
  const runs = await readLastRuns(place, gateway);
  return runs.map(({ digest: _digest, ...run }) => run);
}

/** @throws HoldfastError as `LockRunner.who` does */
export async function standingLock(place: SidePlace, gateway: string): Promise<StandingLock | null> {
  const report = await whoHasGateway(place, gateway);
  if (report === undefined) return null;
  const { holder, waiters } = report;
  return {
    scope: policyScope(gateway),
    holder: holder === undefined ? null : partyOf(holder),
    waiters: waiters.slice(0, mostWaiters).map(partyOf),
  };
}

/** A pid of 0 stands for a process that only its claim is known of. What it says of itself is made printable. */
function partyOf({ pid, host, purpose, sinceMs }: LockParty): StandingParty {
  return {
    pid: pid === 0 ? null : pid,
    host: printable(host),
    purpose: purpose === undefined ? null : printable(purpose),
    sinceMs: sinceMs ?? null,
  };
}
