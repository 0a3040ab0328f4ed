/** The context of a policy command, opened from its settings. */
import { contextOptionsOf, type PolicySettings } from './context-options.ts';
import { openPolicyContext, type PolicyContext } from './policy-context.ts';

/** @throws HoldfastError as `openPolicyContext` does */
export async function openContext(settings: PolicySettings): Promise<PolicyContext> {
  return openPolicyContext(contextOptionsOf(settings));
}
