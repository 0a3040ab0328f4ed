/** What a policy command says of its run: one document or a few lines on stdout, a log, the exit status. */
import { type HoldfastError, type Log, silentLog } from '@holdfast/base';
import { asHoldfastError, explain } from '@holdfast/host/cli';
import type { LogLevel } from '@holdfast/host/log';
import { describeReport, exitOf, failureReportOf, type PolicyReport } from './policy-report.ts';
import type { PolicyResult } from './policy-request.ts';
import type { PolicyTriggerKind } from './policy-trigger.ts';

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
