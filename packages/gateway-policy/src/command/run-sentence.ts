/** The sentence for a gateway with whatever stages. It always ends with a report; a failure stands in it and beside it. */
import { type Clock, systemClock } from '@holdfast/base';
import { cycle } from '@holdfast/cycle';
import { asHoldfastError } from '@holdfast/host/cli';
import { namingLimit } from '@holdfast/host/config';
import type { NasDue } from '../nas/nas-due.ts';
import type { NasReport } from '../nas/nas-report.ts';
import type { SpoolReport } from '../spool/spool-report.ts';
import type { LaterPolicyStages } from './gateway-stages.ts';
import { failureReportOf, reportOf } from './policy-report.ts';
import type { PolicyRequest, PolicyResult } from './policy-request.ts';
import { type PolicyTrigger, policyScope, priorityOf } from './policy-trigger.ts';
import type { RadiusFindings } from './radius-findings.ts';

/** What stages tell beside their results, and the clock they go by. */
export interface RunNotes {
  readonly clock: Clock;
  /** Told what went wrong beside the run: it succeeded all the same. */
  readonly onWarning: (warning: string) => void;
  readonly onEvents: (report: SpoolReport | undefined) => void;
  readonly onTold: (report: NasReport) => void;
}

export interface Sentence {
  readonly gateway: string;
  readonly stagesOf: (notes: RunNotes) => LaterPolicyStages;
  /** What has to be done at the NASes, for a run that only looks. */
  readonly nasDue?: (at: number) => Promise<NasDue>;
}

export async function runSentence(sentence: Sentence, request: PolicyRequest): Promise<PolicyResult> {
  const { gateway } = sentence;
  const { clock = systemClock, onStep } = request;
  const startedMs = clock.monotonicMs();
  const trigger: PolicyTrigger = {
    kind: request.reason,
    scope: policyScope(gateway),
    ...(request.connectionId === undefined ? {} : { subject: String(request.connectionId) }),
  };
  const warnings: string[] = [];
  let radius: RadiusFindings | undefined;
  let events: SpoolReport | undefined;
  const facts = () => ({
    warnings,
    reason: request.reason,
    gateway,
    tookMs: clock.monotonicMs() - startedMs,
    radius,
  });
  const stages = sentence.stagesOf({
    clock,
    onWarning: (warning) => warnings.push(warning),
    onEvents: (report) => {
      events = report;
    },
    onTold: (report) => {
      radius = report;
    },
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
    if (request.mode !== 'apply') radius = await sentence.nasDue?.(clock.wallMs());
    return { report: reportOf(report, facts()), ...(events === undefined ? {} : { events }) };
  } catch (thrown) {
    const { limit } = request;
    const error = asHoldfastError(limit === undefined ? thrown : namingLimit(thrown, limit));
    return { report: failureReportOf(error, { ...facts(), ticket }), error };
  }
}
