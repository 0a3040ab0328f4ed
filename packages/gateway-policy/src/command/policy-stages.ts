/**
 * The stages of the sentence for a VPN gateway: truth is SQL, the actual state is the kernel's, effects are nft and tc.
 * Nothing is decided here; each stage hands its work to the module of its name.
 */
import { readCovered, readNewestTrigger, recordTrigger } from '@holdfast/truth-db';
import { type NasReport, notifyNas } from '../index.ts';
import type { HeldPolicyStages, LaterPolicyStages } from './gateway-stages.ts';
import { lockGateway } from './lock-gateway.ts';
import { policyEffects } from './policy-effects.ts';
import { takeInBoot, takeInEvents, takeInTime } from './policy-intake.ts';
import { readNews, readWhole } from './policy-reading.ts';
import { reportRun } from './policy-result.ts';
import type { PolicyStagesOptions } from './policy-stages-options.ts';
import { bringsNews, decidePolicy, isAboutNews, type PolicyTrigger, triggerRow } from './policy-trigger.ts';

export function policyStages(options: PolicyStagesOptions): LaterPolicyStages {
  const { truth, gateway, documents, mode } = options;
  const working = heldStages(options);
  return {
    trigger: (reason) => takeIn(options, reason),
    decide: (reason) => decidePolicy(reason, undefined),
    lock: (plan, work) => lockGateway(options, plan, work),
    isCovered: async (ticket) => (await readCovered(truth, gateway)) >= ticket,
    held: async () => {
      const findings = mode === 'apply' ? await documents.sweepOrphans() : [];
      for (const finding of findings) options.onWarning(finding);
      return working;
    },
  };
}

function heldStages(options: PolicyStagesOptions): HeldPolicyStages {
  const { truth, gateway, documents, memory, reason: kind, clock } = options;
  const source = { truth, gateway, now: () => clock.wallMs() };
  let told: NasReport | undefined;
  return {
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
  return truth.transaction((trx) => recordTrigger(trx, triggerRow(reason, gateway, clock.wallMs())));
}
