/** One run of the sentence for a gateway. It always ends with a report; a failure stands in it and beside it. */
import type { PlanMode } from '@holdfast/action-plan';
import { type Clock, type HoldfastError, systemClock } from '@holdfast/base';
import { type CycleStep, cycle } from '@holdfast/cycle';
import { asHoldfastError } from '@holdfast/host/cli';
import { type LockTimeout, namingLimit } from '@holdfast/host/config';
import { type DataplaneStep, nasDue, type SpoolReport } from '../index.ts';
import type { PolicyContext } from './policy-context.ts';
import type { PolicyMemory } from './policy-memory.ts';
import { failureReportOf, type PolicyReport, reportOf } from './policy-report.ts';
import { policyStages, priorityOf } from './policy-stages.ts';
import { type PolicyTrigger, type PolicyTriggerKind, policyScope } from './policy-trigger.ts';
import type { RadiusFindings } from './radius-findings.ts';

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

export async function runPolicy(context: PolicyContext, request: PolicyRequest): Promise<PolicyResult> {
  const { clock = systemClock, onStep } = request;
  const startedMs = clock.monotonicMs();
  const trigger: PolicyTrigger = {
    kind: request.reason,
    scope: policyScope(context.gateway),
    ...(request.connectionId === undefined ? {} : { subject: String(request.connectionId) }),
  };
  const warnings: string[] = [];
  let radius: RadiusFindings | undefined;
  let events: SpoolReport | undefined;
  const facts = () => ({
    warnings,
    reason: request.reason,
    gateway: context.gateway,
    tookMs: clock.monotonicMs() - startedMs,
    radius,
  });
  const stages = policyStages({
    ...context,
    reason: request.reason,
    signal: request.signal,
    purpose: request.purpose,
    force: request.force,
    onWarning: (warning) => warnings.push(warning),
    onEvents: (report) => {
      events = report;
    },
    onTold: (report) => {
      radius = report;
    },
    clock,
    ...(request.memory === undefined ? {} : { memory: request.memory }),
    ...(onStep === undefined ? {} : { onEffect: onStep }),
  });
  let ticket: number | undefined;
  const remembering = {
    ...stages,
    trigger: async (reason: PolicyTrigger) => {
      ticket = await stages.trigger(reason);
      return ticket;
    },
  };
  try {
    const report = await cycle(trigger, remembering, {
      mode: request.mode,
      waitMs: request.waitMs,
      priority: priorityOf(trigger),
      clock,
      ...(onStep === undefined ? {} : { onStep }),
    });
    if (request.mode !== 'apply') {
      const { truth, gateway } = context;
      radius = await nasDue({ truth, gateway, at: clock.wallMs() });
    }
    return { report: reportOf(report, facts()), ...(events === undefined ? {} : { events }) };
  } catch (thrown) {
    const { limit } = request;
    const error = asHoldfastError(limit === undefined ? thrown : namingLimit(thrown, limit));
    return { report: failureReportOf(error, { ...facts(), ticket }), error };
  }
}
