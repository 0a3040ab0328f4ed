/** The lock stage of a policy run, whoever it is. */
import type { ActionPlan } from '@holdfast/action-plan';
import type { Held } from '@holdfast/base';
import type { LockRunner } from '@holdfast/lock-runner';
import type { PolicyAction, PolicyTrigger } from './policy-trigger.ts';

export interface GatewayLock {
  readonly runner: LockRunner;
  readonly signal: AbortSignal;
  /** Shown to those who wait for us. */
  readonly purpose: string;
}

export async function lockGateway<Result>(
  { runner, signal, purpose }: GatewayLock,
  { scope, waitMs, priority }: ActionPlan<PolicyTrigger, PolicyAction>,
  work: (held: Held) => Promise<Result>,
): Promise<Result> {
  return runner.run(scope, { waitMs, priority, signal, purpose }, work);
}
