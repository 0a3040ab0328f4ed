/**
 * What `vpn-policy-apply` and `vpn-policy-reconcile` have in common between the command line and the run: settings from
 * flags, environment and file; the context; one document or a few lines on stdout; the exit status.
 */
import { type HoldfastError, type LockObserver, type Log, silentLog, systemClock } from '@holdfast/base';
import { asHoldfastError, createWaitFeedback, explain, warn } from '@holdfast/host/cli';
import { asLockTimeout, type LoadedSettings, type lockTimeout, longWaitWarning } from '@holdfast/host/config';
import type { LogLevel } from '@holdfast/host/log';
import { openPolicyContext, type PolicyContext } from './policy-context.ts';
import { describeReport, exitOf, failureReportOf, type PolicyReport } from './policy-report.ts';
import type { policySettings } from './policy-settings.ts';
import type { PolicyTriggerKind } from './policy-trigger.ts';
import type { PolicyResult } from './run-policy.ts';

/** What every policy command's table contains. */
export type PolicySettingTable = typeof policySettings & {
  readonly lockTimeout: ReturnType<typeof lockTimeout>;
};

type PolicySettings = LoadedSettings<PolicySettingTable>;

/** @throws HoldfastError as `openPolicyContext` does */
export function openContext(settings: PolicySettings): Promise<PolicyContext> {
  const warning = longWaitWarning(asLockTimeout(settings.lockTimeout));
  if (warning !== undefined) warn(warning);
  return openPolicyContext({
    stateDir: settings.stateDirectory,
    database: settings.database.value,
    gateway: settings.gateway.value,
    dataplane: settings.dataplane.value,
    netns: settings.netns.value,
    device: settings.device.value,
    lockBackend: settings.lockBackend.value,
    removals: { maxRatio: settings.removalShare.value / 100, minCount: settings.removalCount.value },
    observer: observerOf(settings),
  });
}

/** Loads the logger only when something would be logged: it costs a command more than its own start. */
export async function openLog(name: string, level: LogLevel): Promise<Log> {
  if (level !== 'debug' && level !== 'info') return silentLog;
  const { createLog } = await import('@holdfast/host/log');
  return createLog({ name, level });
}

export interface PrintOptions {
  readonly isJson: boolean;
  /** One line per JSON document, for a daemon whose output is a stream of them. */
  readonly isStream?: boolean;
  readonly log: Log;
}

/** Prints the result of one run and logs it. @returns the exit status */
export function printResult({ report, error }: PolicyResult, options: PrintOptions): number {
  const { gateway, outcome, backend, waitedMs, tookMs } = report;
  options.log.info({ gateway, outcome, backend, waitedMs, tookMs }, 'run ended');
  if (error !== undefined) options.log.debug({ err: error }, 'run failed');
  if (options.isJson) printDocument(report, options.isStream === true);
  else if (error === undefined) process.stdout.write(`${describeReport(report)}\n`);
  else explain(error);
  return exitOf(report, error);
}

/** Prints a failure from before there was a run, or even settings, as a report. @returns the exit status */
export function printFailure(
  thrown: unknown,
  options: Omit<PrintOptions, 'log'> & { log?: Log; reason: PolicyTriggerKind; gateway: string },
): number {
  const { reason, gateway } = options;
  const error: HoldfastError = asHoldfastError(thrown);
  return printResult(
    { report: failureReportOf(error, { reason, gateway, tookMs: 0 }), error },
    { log: silentLog, ...options },
  );
}

function printDocument(report: PolicyReport, isLine: boolean): void {
  process.stdout.write(`${JSON.stringify(report, undefined, isLine ? 0 : 2)}\n`);
}

function observerOf(settings: PolicySettings): LockObserver {
  return createWaitFeedback({
    progress: settings.progress.value,
    stream: process.stderr,
    limitName: settings.lockTimeout.name,
    now: () => systemClock.monotonicMs(),
  });
}
