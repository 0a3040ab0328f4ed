/** From a command line to the daemon. */
import { silentLog } from '@holdfast/base';
import { asHoldfastError, type CommandLine, type MainContext } from '@holdfast/host/cli';
import { isSwitchedOn, loadSettings } from '@holdfast/host/config';
import { mapperSettings } from '../mapper-command.ts';

/**
 * @returns the exit status
 * @throws HoldfastError - whatever keeps the mapper from starting, when no document is wanted
 */
export async function serve({ flags }: CommandLine, { signal }: MainContext): Promise<number> {
  let isJson = isSwitchedOn(mapperSettings.json, flags);
  try {
    const settings = loadSettings(mapperSettings, flags);
    isJson = settings.json.value;
    const level = settings.logLevel.value;
    const log =
      level === 'silent'
        ? silentLog
        : (await import('@holdfast/host/log')).createLog({ name: 'vpn-radius-mapper', level });
    const { runMapper } = await import('./run-mapper.ts');
    return await runMapper({ settings, log, signal });
  } catch (thrown) {
    if (!isJson) throw thrown;
    const { code, message, hint, details, exit } = asHoldfastError(thrown);
    process.stdout.write(`${JSON.stringify({ error: { code, message, hint, details } }, undefined, 2)}\n`);
    return exit;
  }
}
