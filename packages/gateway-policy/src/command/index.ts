/** From a command line to a policy run: shared by vpn-policy-apply and vpn-policy-reconcile. */
export { openContext, openLog, type PrintOptions, printFailure, printResult } from './policy-command.ts';
export {
  openPolicyContext,
  type PolicyContext,
  type PolicyContextOptions,
  spoolDirectoryOf,
} from './policy-context.ts';
export { PolicyMemory } from './policy-memory.ts';
export type { PolicyReport } from './policy-report.ts';
export { policySettings } from './policy-settings.ts';
export { decidePolicy, type PolicyTriggerKind, policyScope, policyTriggerKinds } from './policy-trigger.ts';
export { type PolicyRequest, type PolicyResult, runPolicy } from './run-policy.ts';
export type { RunRecord } from './run-record.ts';
