/** What the machine of a gateway knows beside truth: its last runs, and who has its lock. Both are looked at, never touched. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isHoldfastError, type LockReport } from '@holdfast/base';
import type { LockBackendName } from '@holdfast/host/config';
import { LockRunner } from '@holdfast/lock-runner';
import { policyDocuments } from '../command/policy-documents.ts';
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
const mostRuns = 5;

export async function readGatewaySide(place: SidePlace, gateway: string): Promise<GatewaySide> {
  const { stateDir } = place;
  const runs = await unlessRefused(async () => policyDocuments({ stateDir, gateway }).lastRuns(), []);
  const lock = await unlessRefused(async () => whoHas(place, gateway), { waiters: [] });
  const warnings = [runs.warning, lock.warning].filter((warning) => warning !== undefined);
  return { runs: runs.value.toReversed().slice(0, mostRuns), lock: lock.value, warnings };
}

/** A directory that is not there has no locks, and is not made for a question. */
async function whoHas({ stateDir, lockBackend }: SidePlace, gateway: string): Promise<LockReport> {
  const directory = join(stateDir, 'locks');
  if (!existsSync(directory)) return { waiters: [] };
  const runner = new LockRunner({ directory, backend: lockBackend });
  try {
    return await runner.who(policyScope(gateway));
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
