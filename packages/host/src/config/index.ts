/** Settings: flag > environment > configuration file > default, with provenance. */
export { type ConfigFile, readConfigFile } from './config-file.ts';
export { configurationKeys } from './configuration-keys.ts';
export { type Environment, environment } from './environment.ts';
export { json } from './json-setting.ts';
export { isSwitchedOn, type LoadedSettings, loadSettings } from './load-settings.ts';
export { type LockBackendName, lockBackend, lockTimeout, type Progress, progress } from './lock-settings.ts';
export {
  asLockTimeout,
  type LockTimeout,
  type LockTimeoutOptions,
  longWaitWarning,
  namingLimit,
  resolveLockTimeout,
} from './lock-timeout.ts';
export { nonEmpty } from './non-empty.ts';
export { oneOf, onOrOff } from './one-of.ts';
export { placeSettings, stateSettings } from './place-settings.ts';
export { prepareDirectory } from './prepare-directory.ts';
export { resolveSetting, resolveSettings, type SettingSources } from './resolve-settings.ts';
export {
  keyOf,
  type Resolved,
  type ResolvedSettings,
  type Setting,
  type SettingSource,
  type SettingTable,
  variableOf,
} from './setting.ts';
export { defaultStateDirectory } from './state-directory.ts';
