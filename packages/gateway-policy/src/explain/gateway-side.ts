/** What the machine of a gateway knows beside truth: its last runs, and who has its lock. Both are looked at, never touched. */
import { existsSync } from 'node:fs';
import { errnoOf, isHoldfastError, type LockReport } from '@holdfast/base';
import type { LockBackendName } from '@holdfast/host/config';
import { LockRunner } from '@holdfast/lock-runner';
import { policyDocuments } from '../command/policy-documents.ts';
import { lockDirectoryOf } from '../command/policy-place.ts';
import { policyScope } from '../command/policy-trigger.ts';
import type { RunRecord } from '../command/run-record.ts';

export interface GatewaySide {
  /** Newest first. */
  readonly runs: readonly RunRecord[];
  readonly lock: LockReport;
  /** What could not be looked at, and why. */
  readonly warnings: readonly string[];
}

export interface SidePlace {
  readonly stateDir: string;
  readonly lockBackend: LockBackendName;
}

/** Runs that are told of. */
const mostToldRuns = 5;

export async function readGatewaySide(place: SidePlace, gateway: string): Promise<GatewaySide> {
  const runs = await unlessRefused(async () => readLastRuns(place, gateway), []);
  const lock = await unlessRefused(async () => whoHasGateway(place, gateway), undefined);
  const warnings = [runs.warning, lock.warning].filter((warning) => warning !== undefined);
  return { runs: runs.value.slice(0, mostToldRuns), lock: lock.value ?? { waiters: [] }, warnings };
}

/**
 * @returns the last 50 runs, the newest first; none where the gateway has not run on this machine
 * @throws HoldfastError READ_FAILED, DOCUMENT_INVALID, DOCUMENT_NEWER, TARGET_REFUSED
 */
export async function readLastRuns(
  { stateDir }: Pick<SidePlace, 'stateDir'>,
  gateway: string,
): Promise<readonly RunRecord[]> {
  const runs = await policyDocuments({ stateDir, gateway }).lastRuns();
  return runs.toReversed();
}

/** @returns undefined where there are no locks, or none that may be looked at: no directory is made for a question */
export async function whoHasGateway(
  { stateDir, lockBackend }: SidePlace,
  gateway: string,
): Promise<LockReport | undefined> {
  const directory = lockDirectoryOf(stateDir);
  if (!existsSync(directory)) return undefined;
  const runner = new LockRunner({ directory, backend: lockBackend });
  try {
    return await runner.who(policyScope(gateway));
  } catch (error) {
    if (errnoOf(error) === 'EACCES') return undefined;
    throw error;
  } finally {
    await runner.close();
  }
}

async function unlessRefused<Value>(
  look: () => Promise<Value>,
  otherwise: Value,
): Promise<{ readonly value: Value; readonly warning?: string }> {
  try {
    return { value: await look() };
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return { value: otherwise, warning: error.message };
  }
}
