/** The last stage: what a run has done becomes durable, for those who wait and for those who look. */
import { type Held, type HoldfastError, isHoldfastError } from '@holdfast/base';
import type { RunResult } from '@holdfast/cycle';
import { pruneTriggers, publishRun } from '@holdfast/truth-db';
import type { Changes, NasReport } from '../index.ts';
import type { PolicyStagesOptions } from './policy-stages-options.ts';
import type { PolicyTarget } from './policy-target.ts';
import { requireCurrent } from './require-current.ts';
import { type RunRecord, runRecordOf } from './run-record.ts';

/** @param told - what the NASes said in this run */
export async function reportRun(
  options: PolicyStagesOptions,
  held: Held,
  settled: RunResult<PolicyTarget, Changes>,
  told: NasReport | undefined,
): Promise<void> {
  const result = withTold(settled, told);
  if (result.kind === 'settled') await publish(options, held, result);
  else options.memory?.forget();
  await recordRun(held, runRecordOf(result, options.reason, options.clock), options);
}

/** A run that changed something at a NAS only has changed something. */
function withTold(
  result: RunResult<PolicyTarget, Changes>,
  told: NasReport | undefined,
): RunResult<PolicyTarget, Changes> {
  if (result.kind !== 'settled' || told === undefined || told.acked + told.gone === 0) return result;
  return { ...result, outcome: 'applied' };
}

async function publish(
  options: PolicyStagesOptions,
  held: Held,
  result: RunResult<PolicyTarget, Changes> & { readonly kind: 'settled' },
): Promise<void> {
  requireCurrent(held);
  const { truth, gateway, memory, clock } = options;
  const { covered, outcome, tookMs, desired: target } = result;
  const lastRun = { covered, digest: target.digest, at: clock.wallMs() };
  await publishRun(truth, { gateway, outcome, tookMs, ...lastRun });
  if (target.focus === undefined) memory?.remember({ fence: await held.fence(), target, lastRun });
  else memory?.forget();
  await forgetCovered(options);
}

/** Old triggers are only in the way: a run that could not forget them has succeeded, and the next one will. */
async function forgetCovered({ truth, gateway, onWarning }: PolicyStagesOptions): Promise<void> {
  try {
    await pruneTriggers(truth, gateway);
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    onWarning(`triggers that were covered are not forgotten yet: ${error.message}`);
  }
}

/** Failures of the history that leave the run itself as good as it is. */
const historyFailures = ['WRITE_FAILED', 'READ_FAILED', 'TARGET_REFUSED'] as const;

async function recordRun(held: Held, run: RunRecord, options: PolicyStagesOptions): Promise<void> {
  try {
    await options.documents.recordRun(held, run);
  } catch (error) {
    if (!historyFailures.some((code) => isHoldfastError(error, code))) throw error;
    options.onWarning(`this run is missing in the history: ${(error as HoldfastError).message}`);
  }
}
