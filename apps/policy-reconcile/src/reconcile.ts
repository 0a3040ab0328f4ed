/** One reconcile, or one after the other until asked to stop. */
import { HoldfastError } from '@holdfast/base';
import { watch } from '@holdfast/cycle';
import {
  openContext,
  openLog,
  type PolicyRequest,
  type PolicyResult,
  type PrintOptions,
  printFailure,
  printResult,
  runPolicy,
} from '@holdfast/gateway-policy/command';
import { asLockTimeout, isSwitchedOn, type LoadedSettings, loadSettings } from '@holdfast/host/config';
import { reconcileSettings } from './reconcile-command.ts';

type Settings = LoadedSettings<typeof reconcileSettings>;

/** @returns the exit status */
export async function reconcile(
  flags: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<number> {
  let settings: Settings;
  try {
    settings = loadSettings(reconcileSettings, flags);
    refuseContradiction(settings);
  } catch (error) {
    const isJson = isSwitchedOn(reconcileSettings.json, flags);
    return printFailure(error, { isJson, reason: 'timer', gateway: '' });
  }
  return reconcileWith(settings, signal);
}

function refuseContradiction({ watch: isWatch, once, check }: Settings): void {
  if (!isWatch.value || (!once.value && !check.value)) return;
  throw new HoldfastError('USAGE', '--watch goes with neither --once nor --check');
}

async function reconcileWith(settings: Settings, signal: AbortSignal): Promise<number> {
  const output = {
    isJson: settings.json.value,
    log: await openLog('vpn-policy-reconcile', settings.logLevel.value),
  };
  const runOnce = async () => {
    await using context = await openContext(settings);
    return await runPolicy(context, requestOf(settings, signal)); // awaited here: the context ends with this block
  };
  try {
    if (settings.watch.value)
      return await watchGateway(runOnce, settings, { ...output, isStream: true, signal });
    return printResult(await runOnce(), output);
  } catch (error) {
    return printFailure(error, { ...output, reason: 'timer', gateway: settings.gateway.value ?? '' });
  }
}

interface WatchOutput extends PrintOptions {
  readonly signal: AbortSignal;
}

/**
 * Opens everything anew for each run: a truth that was restored from a backup, moved or replaced must not live on in a
 * descriptor of ours. What fails at the first run ends the daemon; later failures are told, and the next run tries again.
 */
async function watchGateway(
  runOnce: () => Promise<PolicyResult>,
  settings: Settings,
  output: WatchOutput,
): Promise<number> {
  const { log, signal } = output;
  const intervalMs = settings.interval.value;
  let isStarted = false;
  const run = async () => {
    const result = await runOnce();
    isStarted = true;
    // A wait that our own stop cut short is no failure to tell.
    if (result.error === undefined || !signal.aborted) tell(result, output);
  };
  const onError = (error: unknown) => {
    if (!isStarted) throw error;
    printFailure(error, { ...output, reason: 'timer', gateway: settings.gateway.value ?? '' });
  };
  log.info({ intervalMs }, 'watching');
  await watch(run, { intervalMs, signal, onError });
  log.info({}, 'stopped');
  return 0;
}

/** Every run as one JSON line, or only those that did something: a quiet daemon has nothing to tell. */
function tell(result: PolicyResult, output: WatchOutput): void {
  const isNews = result.report.outcome !== 'unchanged' || result.report.rolledForward;
  if (output.isJson || isNews) printResult(result, output);
}

function requestOf(settings: Settings, signal: AbortSignal): PolicyRequest {
  return {
    reason: 'timer',
    mode: settings.check.value ? 'check' : 'apply',
    waitMs: settings.lockTimeout.value,
    limit: asLockTimeout(settings.lockTimeout),
    force: settings.force.value,
    purpose: 'vpn-policy-reconcile',
    signal,
  };
}
