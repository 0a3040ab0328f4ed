/** `metadata-cache refresh [SOURCE]` */
import { answer, type MainContext } from '@holdfast/host/cli';
import { asLockTimeout, namingLimit } from '@holdfast/host/config';
import { cacheReason } from '../steward/cache-reason.ts';
import { composeRefresh } from './compose-refresh.ts';
import { refreshSettings } from './refresh-command.ts';
import { describeRefresh, failedReport } from './refresh-report.ts';
import { runRefresh } from './run-refresh.ts';

/** @returns the exit status */
export async function refresh(
  flags: Readonly<Record<string, string>>,
  { signal }: MainContext,
): Promise<number> {
  return await answer(refreshSettings, { flags }, async (settings) => {
    const only = settings.only.value;
    const composed = await composeRefresh(settings, signal);
    const reason = cacheReason(only === undefined ? 'manual' : 'only', only);
    const { report, error } = await runRefresh({ ...composed, reason });
    if (error === undefined) {
      const lines = settings.quiet.value ? [] : [describeRefresh(report, composed.source.unit)];
      return { document: report, lines };
    }
    const failure = namingLimit(error, asLockTimeout(settings.lockTimeout)) as typeof error;
    return { document: failedReport(report, failure), lines: [], failure };
  });
}
