/** One reconcile, or the daemon. */
import { HoldfastError } from '@holdfast/base';
import { openContext, openLog, printFailure, printResult, runPolicy } from '@holdfast/gateway-policy/command';
import { isSwitchedOn, loadSettings } from '@holdfast/host/config';
import { policyRequest, type ReconcileSettings } from './policy-request.ts';
import { reconcileSettings } from './reconcile-command.ts';

/** @returns the exit status */
export async function reconcile(
  flags: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<number> {
  let settings: ReconcileSettings;
  try {
    settings = loadSettings(reconcileSettings, flags);
    refuseContradiction(settings);
  } catch (error) {
    const isJson = isSwitchedOn(reconcileSettings.json, flags);
    return printFailure(error, { isJson, reason: 'timer', gateway: '' });
  }
  return reconcileWith(settings, signal);
}

function refuseContradiction({ watch, once, check, listen }: ReconcileSettings): void {
  if (watch.value && (once.value || check.value))
    throw new HoldfastError('USAGE', '--watch goes with neither --once nor --check');
  if (!watch.value && listen.source === 'flag')
    throw new HoldfastError('USAGE', '--listen goes with --watch');
}

async function reconcileWith(settings: ReconcileSettings, signal: AbortSignal): Promise<number> {
  const isJson = settings.json.value;
  const log = await openLog('vpn-policy-reconcile', settings.logLevel.value);
  try {
    if (settings.watch.value) {
      const { runDaemon } = await import('./daemon.ts');
      return await runDaemon({ settings, log, signal });
    }
    await using context = await openContext(settings);
    const result = await runPolicy(context, policyRequest(settings, 'timer', signal));
    return printResult(result, { isJson, log });
  } catch (error) {
    const gateway = settings.gateway.value ?? '';
    return printFailure(error, { isJson, isStream: settings.watch.value, log, reason: 'timer', gateway });
  }
}
