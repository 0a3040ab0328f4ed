/** TriggerReason → DecisionPolicy → ActionPlan. Pure: no `node:` import, no clock. */
export { type ActionPlan, type PlanMode, type PlanOptions, planOf } from './action-plan.ts';
export type { DecisionPolicy, Verdict } from './decision-policy.ts';
export type { TriggerReason } from './trigger-reason.ts';
