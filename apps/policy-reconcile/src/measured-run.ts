/** One run of the daemon on a context of its own, with how long the triggers that it covered had waited. */
import { type Clock, isHoldfastError } from '@holdfast/base';
import {
  openContext,
  type PolicyContext,
  type PolicyRequest,
  type PolicyResult,
  runPolicy,
} from '@holdfast/gateway-policy/command';
import type { ReconcileSettings } from './policy-request.ts';
import { reactionTimes } from './reaction-times.ts';

export interface MeasuredRun {
  readonly result: PolicyResult;
  readonly reactionsMs: readonly number[];
}

export interface MeasuredRunOptions {
  readonly settings: ReconcileSettings;
  readonly request: PolicyRequest;
  /** Trigger up to which the gateway was live before. */
  readonly coveredBefore: number;
  readonly clock: Clock;
}

/** @throws HoldfastError - as `openContext`; a failure of the run itself stands in its result */
export async function measuredRun(options: MeasuredRunOptions): Promise<MeasuredRun> {
  await using context = await openContext(options.settings);
  const result = await runPolicy(context, options.request);
  return { result, reactionsMs: await reactionsOf(context, result, options) };
}

/** The run has succeeded: a database that goes away now is found out by the next look. */
async function reactionsOf(
  context: PolicyContext,
  { report }: PolicyResult,
  { coveredBefore, clock }: MeasuredRunOptions,
): Promise<readonly number[]> {
  if (report.covered === null) return [];
  const nowMs = clock.wallMs();
  try {
    return await reactionTimes(context, { after: coveredBefore, upTo: report.covered, nowMs });
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return [];
  }
}
