/**
 * Who may ask for a policy run, and what the policy makes of it.
 *
 * Every kind leads to the same action, because the state is recomputed from truth and never from the trigger; the kinds
 * differ in who waits for whom. A timer brings no news of its own: it lets time pass in truth, looks for drift, and has no
 * ticket to be covered.
 */
import type { DecisionPolicy, TriggerReason } from '@holdfast/action-plan';
import type { Trigger } from '@holdfast/truth-db/caller';

export const policyTriggerKinds = ['ip-up', 'ip-down', 'panel', 'timer', 'boot', 'manual'] as const;

/** 'recorded': the triggers are in truth already, and somebody has seen them there. */
export type PolicyTriggerKind = (typeof policyTriggerKinds)[number] | 'recorded';

export type PolicyTrigger = TriggerReason<PolicyTriggerKind>;

/** Make the dataplane of the whole gateway equal to truth. */
export interface PolicyAction {
  readonly kind: 'converge';
}

export const decidePolicy: DecisionPolicy<PolicyTrigger, undefined, PolicyAction> = (reason) => ({
  kind: 'act',
  actions: [{ kind: 'converge' }],
  because: bringsNews(reason.kind)
    ? `${reason.kind} says that truth changed`
    : 'it is time to look for drift',
});

/** Whether what the trigger is about is all that has to be looked at, where the rest is known. */
export function isAboutNews(kind: PolicyTriggerKind): boolean {
  return kind === 'recorded' || kind === 'ip-up' || kind === 'ip-down' || kind === 'panel';
}

/** Whether somebody waits for this trigger to be covered. */
export function bringsNews(kind: PolicyTriggerKind): boolean {
  return kind !== 'timer';
}

/** Priorities of DESIGN §6: whoever brings news is waited for, a look for drift gives way. */
export function priorityOf(reason: PolicyTrigger): 'interactive' | 'background' {
  return bringsNews(reason.kind) ? 'interactive' : 'background';
}

/** The row of a trigger that came at `at`, in milliseconds since the Unix epoch. */
export function triggerRow(reason: PolicyTrigger, gateway: string, at: number): Trigger {
  const vpnConnectionId = reason.subject === undefined ? undefined : Number(reason.subject);
  return { gateway, reason: reason.kind, vpnConnectionId, at };
}

/** The lock of a gateway: one writer for apply and reconcile alike. */
export function policyScope(gateway: string): string {
  return `policy:${gateway}`;
}
