/** One line of a gateway's run history: how a run that had the lock ended. */
import type { Clock } from '@holdfast/base';
import type { RunResult } from '@holdfast/cycle';
import { asHoldfastError } from '@holdfast/host/cli';
import * as z from 'zod/mini';
import { type Changes, countChanges } from '../index.ts';
import type { PolicyTarget } from './policy-target.ts';
import { type PolicyTriggerKind, policyTriggerKinds } from './policy-trigger.ts';

export const runRecordSchema = z.object({
  /** UTC, ISO 8601 with milliseconds. */
  endedAt: z.string(),
  outcome: z.enum(['applied', 'unchanged', 'failed']),
  reason: z.enum([...policyTriggerKinds, 'recorded']),
  covered: z.nullable(z.number()),
  rolledForward: z.boolean(),
  changes: z.object({ nft: z.number(), tc: z.number() }),
  digest: z.nullable(z.string()),
  tookMs: z.number(),
  error: z.nullable(z.object({ code: z.string(), message: z.string() })),
});

export type RunRecord = z.infer<typeof runRecordSchema>;

export function runRecordOf(
  result: RunResult<PolicyTarget, Changes>,
  reason: PolicyTriggerKind,
  clock: Clock,
): RunRecord {
  const shared = {
    endedAt: new Date(clock.wallMs()).toISOString(),
    reason,
    tookMs: Math.round(result.tookMs),
  };
  if (result.kind === 'settled') {
    const { outcome, covered, rolledForward, desired, changes } = result;
    return {
      ...shared,
      outcome,
      covered,
      rolledForward,
      changes: countChanges(changes),
      digest: desired.digest,
      error: null,
    };
  }
  const { code, message } = asHoldfastError(result.error);
  return {
    ...shared,
    outcome: 'failed',
    covered: null,
    rolledForward: false,
    changes: { nft: 0, tc: 0 },
    digest: null,
    error: { code, message },
  };
}
