/** Policy runs with everything that they may need: what `call-policy.ts` loads when it is needed. */
import type { LaterPolicyStages } from './gateway-stages.ts';
import { openPolicyContext } from './policy-context.ts';
import type { PolicyContextOptions } from './policy-place.ts';
import type { PolicyRequest, PolicyResult } from './policy-request.ts';
import { policyStages } from './policy-stages.ts';
import { runPolicy, stagesOptions } from './run-policy.ts';
import type { RunNotes } from './run-sentence.ts';

/** @throws HoldfastError as `openPolicyContext` does */
export async function runWhole(options: PolicyContextOptions, request: PolicyRequest): Promise<PolicyResult> {
  await using context = await openPolicyContext(options);
  return await runPolicy(context, request);
}

/**
 * The stages of a run that has begun without them. Closing them is up to the caller.
 *
 * @throws HoldfastError as `openPolicyContext` does
 */
export async function openStages(
  options: PolicyContextOptions,
  request: PolicyRequest,
  notes: RunNotes,
): Promise<LaterPolicyStages & AsyncDisposable> {
  const context = await openPolicyContext(options);
  const close = () => context[Symbol.asyncDispose]();
  return { ...policyStages(stagesOptions(context, request, notes)), [Symbol.asyncDispose]: close };
}
