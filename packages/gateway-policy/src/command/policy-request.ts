/** What a caller asks of a policy run, and what it gets. */
import type { PlanMode } from '@holdfast/action-plan';
import type { Clock, HoldfastError } from '@holdfast/base';
import type { CycleStep } from '@holdfast/cycle';
import type { LockTimeout } from '@holdfast/host/config';
import type { DataplaneStep } from '../changes.ts';
import type { SpoolReport } from '../spool/spool-report.ts';
import type { PolicyMemory } from './policy-memory.ts';
import type { PolicyReport } from './policy-report.ts';
import type { PolicyTriggerKind } from './policy-trigger.ts';

export interface PolicyRequest {
  readonly reason: PolicyTriggerKind;
  /** Connection that changed, when the caller knows. */
  readonly connectionId?: number;
  readonly mode: PlanMode;
  /** Wait limit for the lock, in milliseconds. */
  readonly waitMs: number;
  /** Who decided that limit: a refusal names it. */
  readonly limit?: LockTimeout;
  readonly force: boolean;
  /** Shown to those who wait for us: the command's name. */
  readonly purpose: string;
  readonly signal: AbortSignal;
  /** Kept by a process that runs again and again: what it knows need not be read. */
  readonly memory?: PolicyMemory;
  readonly clock?: Clock;
  /** Called when a step of the cycle or an effect has been reached. Tests stop the world here. */
  readonly onStep?: (step: CycleStep | DataplaneStep) => void | Promise<void>;
}

export interface PolicyResult {
  readonly report: PolicyReport;
  /** Present when the outcome is locked, refused or failed. */
  readonly error?: HoldfastError;
  /** What became of the events of hooks. */
  readonly events?: SpoolReport;
}
