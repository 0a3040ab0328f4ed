/**
 * The stages of the sentence for a VPN gateway: truth is SQL, the actual state is the kernel's, effects are nft and tc.
 * Nothing is decided here; each stage hands its work to the module of its name.
 */
import type { Stages } from '@holdfast/cycle';
import { readCovered, readNewestTrigger, recordTrigger } from '@holdfast/truth-db';
import { type ActualState, type Changes, type DriftEntry, type NasReport, notifyNas } from '../index.ts';
import { policyEffects } from './policy-effects.ts';
import { takeInBoot, takeInEvents, takeInTime } from './policy-intake.ts';
import { readNews, readWhole } from './policy-reading.ts';
import { reportRun } from './policy-result.ts';
import type { PolicyStagesOptions } from './policy-stages-options.ts';
import type { PolicyTarget } from './policy-target.ts';
import {
  bringsNews,
  decidePolicy,
  isAboutNews,
  type PolicyAction,
  type PolicyTrigger,
} from './policy-trigger.ts';

export type PolicyStages = Stages<
  PolicyTrigger,
  PolicyAction,
  PolicyTarget,
  ActualState,
  Changes,
  DriftEntry
>;

export function policyStages(options: PolicyStagesOptions): PolicyStages {
  const { truth, gateway, documents, memory, reason: kind, clock } = options;
  const source = { truth, gateway, now: () => clock.wallMs() };
  let told: NasReport | undefined;
  return {
    trigger: (reason) => takeIn(options, reason),
    decide: (reason) => decidePolicy(reason, undefined),
    lock: (plan, work) => {
      const { waitMs, priority } = plan;
      const { signal, purpose } = options;
      return options.runner.run(plan.scope, { waitMs, priority, signal, purpose }, async (held) => {
        const findings = plan.mode === 'apply' ? await documents.sweepOrphans() : [];
        for (const finding of findings) options.onWarning(finding);
        return work(held);
      });
    },
    isCovered: async (ticket) => (await readCovered(truth, gateway)) >= ticket,
    readTruth: async () => readWhole(source, bringsNews(kind) && (await documents.isPaused())),
    ...(memory === undefined || !isAboutNews(kind)
      ? {}
      : { readNews: (held) => readNews(source, memory, held) }),
    ...policyEffects(options),
    tell: async (held, { news }) => {
      const at = clock.wallMs();
      const connections = news?.connections;
      told = await notifyNas({ truth, gateway, held, at, clock, connections, signal: options.signal });
      options.onTold(told);
    },
    report: (held, result) => reportRun(options, held, result, told),
  };
}

/** @returns the id of the trigger that a run has to cover, undefined for a look */
async function takeIn(options: PolicyStagesOptions, reason: PolicyTrigger): Promise<number | undefined> {
  const { truth, gateway, clock } = options;
  if (!bringsNews(reason.kind) || reason.kind === 'boot') await takeInBoot(options);
  options.onEvents(await takeInEvents(options));
  if (!bringsNews(reason.kind)) {
    await takeInTime(options);
    return undefined;
  }
  if (reason.kind === 'recorded') return readNewestTrigger(truth, gateway);
  const vpnConnectionId = reason.subject === undefined ? undefined : Number(reason.subject);
  return truth.transaction((trx) =>
    recordTrigger(trx, { gateway, reason: reason.kind, vpnConnectionId, at: clock.wallMs() }),
  );
}

/** Priorities of DESIGN §6: whoever brings news is waited for, a look for drift gives way. */
export function priorityOf(reason: PolicyTrigger): 'interactive' | 'background' {
  return bringsNews(reason.kind) ? 'interactive' : 'background';
}
