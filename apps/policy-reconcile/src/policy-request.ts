/** What vpn-policy-reconcile asks of a run, once or again and again. */
import type { PolicyRequest } from '@holdfast/gateway-policy/command';
import { asLockTimeout, type LoadedSettings } from '@holdfast/host/config';
import type { reconcileSettings } from './reconcile-command.ts';

export type ReconcileSettings = LoadedSettings<typeof reconcileSettings>;

/**
 * @param reason - `timer` looks at everything; `recorded` makes live what triggers in truth have announced. Neither
 *   records a trigger
 */
export function policyRequest(
  settings: ReconcileSettings,
  reason: 'timer' | 'recorded',
  signal: AbortSignal,
): PolicyRequest {
  return {
    reason,
    mode: settings.check.value ? 'check' : 'apply',
    waitMs: settings.lockTimeout.value,
    limit: asLockTimeout(settings.lockTimeout),
    force: settings.force.value,
    purpose: 'vpn-policy-reconcile',
    signal,
  };
}
