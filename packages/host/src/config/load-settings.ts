/**
 * From the flags of a call to its settings: environment and configuration file are read here, for every command alike.
 *
 * The file is looked for in the state directory that flag, environment or default name; a `stateDir` in that file then
 * decides where the command works. It is not followed to a second file.
 */
import { isHoldfastError } from '@holdfast/base';
import { type ConfigFile, readConfigFile } from './config-file.ts';
import { configurationKeys } from './configuration-keys.ts';
import { environment } from './environment.ts';
import { stateSettings } from './place-settings.ts';
import { resolveSetting, resolveSettings } from './resolve-settings.ts';
import type { ResolvedSettings, Setting, SettingTable } from './setting.ts';
import { defaultStateDirectory } from './state-directory.ts';

/** The settings of a call, and the state directory they lead to. */
export type LoadedSettings<Table extends SettingTable> = ResolvedSettings<Table> & {
  readonly stateDirectory: string;
};

type Flags = Readonly<Record<string, string | undefined>>;

const noFile: ConfigFile = { path: undefined, values: {} };

/**
 * @param flags - text of each flag that was given, by key
 * @throws HoldfastError as `readConfigFile` and `resolveSettings` do
 */
export function loadSettings<Table extends SettingTable & typeof stateSettings>(
  table: Table,
  flags: Flags,
): LoadedSettings<Table> {
  const env = environment();
  const fallback = defaultStateDirectory(env);
  const spoken = { flags, environment: env, file: noFile };
  const file = readConfigFile({
    named: resolveSetting(stateSettings.config, spoken).value,
    stateDir: resolveSetting(stateSettings.stateDir, spoken).value ?? fallback,
  });
  const sources = { ...spoken, file };
  const settings = resolveSettings(table, sources, configurationKeys);
  const stateDirectory = resolveSetting(stateSettings.stateDir, sources).value ?? fallback;
  return { ...settings, stateDirectory };
}

/**
 * Whether flag or environment turn a switch on, for a failure from before there are settings. A value that cannot be
 * read does not: it is the failure then.
 */
export function isSwitchedOn(setting: Setting<boolean>, flags: Flags): boolean {
  try {
    return resolveSetting(setting, { flags, environment: environment(), file: noFile }).value;
  } catch (error) {
    if (isHoldfastError(error)) return false;
    throw error;
  }
}
