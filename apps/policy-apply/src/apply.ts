/** One apply: settings, run, report. */
import {
  callPolicy,
  contextOptionsOf,
  openLog,
  printFailure,
  printResult,
} from '@holdfast/gateway-policy/command';
import {
  asLockTimeout,
  isSwitchedOn,
  type LoadedSettings,
  type LockTimeout,
  loadSettings,
} from '@holdfast/host/config';
import { applySettings } from './apply-command.ts';

/** @returns the exit status */
export async function apply(flags: Readonly<Record<string, string>>, signal: AbortSignal): Promise<number> {
  let settings: LoadedSettings<typeof applySettings>;
  try {
    settings = loadSettings(applySettings, flags);
  } catch (error) {
    const isJson = isSwitchedOn(applySettings.json, flags);
    return printFailure(error, { isJson, reason: applySettings.reason.fallback, gateway: '' });
  }
  return await applyWith(settings, signal);
}

async function applyWith(
  settings: LoadedSettings<typeof applySettings>,
  signal: AbortSignal,
): Promise<number> {
  const reason = settings.reason.value;
  const limit = limitOf(settings);
  const output = {
    isJson: settings.json.value,
    log: await openLog('vpn-policy-apply', settings.logLevel.value),
  };
  try {
    const result = await callPolicy(contextOptionsOf(settings), {
      reason,
      ...(settings.connection.value === undefined ? {} : { connectionId: settings.connection.value }),
      mode: settings.dryRun.value ? 'dry-run' : 'apply',
      waitMs: limit.waitMs,
      limit,
      force: settings.force.value,
      purpose: 'vpn-policy-apply',
      signal,
    });
    return printResult(result, output);
  } catch (error) {
    return printFailure(error, { ...output, reason, gateway: settings.gateway.value ?? '' });
  }
}

function limitOf({ onLocked, lockTimeout }: LoadedSettings<typeof applySettings>): LockTimeout {
  return onLocked.value === 'fail' ? asLockTimeout({ ...onLocked, value: 0 }) : asLockTimeout(lockTimeout);
}
