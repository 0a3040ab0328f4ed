/** From a command line to the daemon. */
import { silentLog } from '@holdfast/base';
import { asHoldfastError, type CommandLine, type MainContext, printDocument } from '@holdfast/host/cli';
import { isSwitchedOn, loadSettings } from '@holdfast/host/config';
import { serveSettings } from './serve-command.ts';

/**
 * @returns the exit status
 * @throws HoldfastError - whatever keeps the daemon from starting, when no document is wanted
 */
export async function serve({ flags }: CommandLine, { signal }: MainContext): Promise<number> {
  let isJson = isSwitchedOn(serveSettings.json, flags);
  try {
    const settings = loadSettings(serveSettings, flags);
    isJson = settings.json.value;
    const level = settings.logLevel.value;
    const log =
      level === 'silent'
        ? silentLog
        : (await import('@holdfast/host/log')).createLog({ name: 'runtime-state', level });
    const { runKeeper } = await import('./run-keeper.ts');
    return await runKeeper({ settings, log, signal });
  } catch (thrown) {
    if (!isJson) throw thrown;
    const { code, message, hint, details, exit } = asHoldfastError(thrown);
    printDocument({ error: { code, message, hint, details } });
    return exit;
  }
}
