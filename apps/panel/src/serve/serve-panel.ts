/** From a command line to the daemon. */
import { silentLog } from '@holdfast/base';
import type { CommandLine, MainContext } from '@holdfast/host/cli';
import { loadSettings } from '@holdfast/host/config';
import { panelSettings } from './panel-command.ts';

/**
 * @returns the exit status
 * @throws HoldfastError - whatever keeps the panel from starting, or ends it
 */
export async function servePanel({ flags }: CommandLine, { signal }: MainContext): Promise<number> {
  const settings = loadSettings(panelSettings, flags);
  const level = settings.logLevel.value;
  const log =
    level === 'silent'
      ? silentLog
      : (await import('@holdfast/host/log')).createLog({ name: 'vpn-panel', level });
  const { runPanel } = await import('./run-panel.ts');
  return runPanel({ settings, log, signal });
}
