/** From a command line to a policy run: shared by vpn-policy-apply and vpn-policy-reconcile. */
export { callPolicy } from './call-policy.ts';
export { contextOptionsOf } from './context-options.ts';
export { openContext } from './policy-command.ts';
export { openPolicyContext, type PolicyContext } from './policy-context.ts';
export { PolicyMemory } from './policy-memory.ts';
export { type PolicyContextOptions, spoolDirectoryOf } from './policy-place.ts';
export type { PolicyReport } from './policy-report.ts';
export type { PolicyRequest, PolicyResult } from './policy-request.ts';
export { policySettings } from './policy-settings.ts';
export { decidePolicy, type PolicyTriggerKind, policyScope, policyTriggerKinds } from './policy-trigger.ts';
export { openLog, type PrintOptions, printFailure, printResult } from './print-result.ts';
export { runPolicy } from './run-policy.ts';
export type { RunRecord } from './run-record.ts';
