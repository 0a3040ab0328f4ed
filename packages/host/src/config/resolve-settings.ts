/**
 * flag > environment > configuration file > default, for every setting of a table, each with its provenance.
 */
import { HoldfastError, isHoldfastError } from '@holdfast/base';
import type { ConfigFile } from './config-file.ts';
import type { Environment } from './environment.ts';
import {
  keyOf,
  type Resolved,
  type ResolvedSettings,
  type Setting,
  type SettingTable,
  variableOf,
} from './setting.ts';

export interface SettingSources {
  /** Text of each flag that was given, by key. A switch is `'true'`. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly environment: Environment;
  readonly file: ConfigFile;
}

/**
 * @param alsoKnown - keys that the file may have although this table has no such setting: those of other commands
 * @throws HoldfastError USAGE or DURATION_INVALID - a flag has a value that cannot be read
 * @throws HoldfastError CONFIG_INVALID - a variable or key has, or the file has a key that no setting has
 */
export function resolveSettings<Table extends SettingTable>(
  table: Table,
  sources: SettingSources,
  alsoKnown: readonly string[] = [],
): ResolvedSettings<Table> {
  refuseUnknownKeys(table, sources.file, alsoKnown);
  const entries = Object.entries(table).map(([key, setting]) => [key, resolveSetting(setting, sources)]);
  return Object.fromEntries(entries) as ResolvedSettings<Table>;
}

/** One setting by itself, for what is needed before the file can be found: the state directory. */
export function resolveSetting<Value>(setting: Setting<Value>, sources: SettingSources): Resolved<Value> {
  const key = keyOf(setting.flag);
  const flag = sources.flags[key];
  if (flag !== undefined)
    return { value: read(setting, flag, setting.flag, 'USAGE'), source: 'flag', name: setting.flag };
  if (setting.isPersistent === false)
    return { value: setting.fallback, source: 'default', name: setting.flag };
  const variable = setting.variable ?? variableOf(setting.flag);
  const text = sources.environment[variable];
  if (text !== undefined && text !== '') {
    return { value: read(setting, text, variable, 'CONFIG_INVALID'), source: 'environment', name: variable };
  }
  const inFile = sources.file.values[key];
  if (inFile !== undefined) {
    const name = `${key} in ${sources.file.path}`;
    return {
      value: read(setting, textOf(inFile, name), name, 'CONFIG_INVALID'),
      source: 'config file',
      name,
    };
  }
  return { value: setting.fallback, source: 'default', name: setting.flag };
}

function read<Value>(
  setting: Setting<Value>,
  text: string,
  name: string,
  code: 'USAGE' | 'CONFIG_INVALID',
): Value {
  try {
    return setting.parse(text);
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    // A bad duration keeps its own code and hint when it was typed; in a file it is a broken configuration.
    const kept = isHoldfastError(cause) && code === 'USAGE' ? cause.code : code;
    throw new HoldfastError(kept, `${name}: ${cause.message}`, { cause, details: { name } });
  }
}

function textOf(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new HoldfastError('CONFIG_INVALID', `${name}: a string, number or boolean is expected`, {
    details: { name },
  });
}

function refuseUnknownKeys(table: SettingTable, file: ConfigFile, alsoKnown: readonly string[]): void {
  const own = Object.values(table)
    .filter(({ isPersistent }) => isPersistent !== false)
    .map(({ flag }) => keyOf(flag));
  const known = new Set([...own, ...alsoKnown]);
  const unknown = Object.keys(file.values).filter((key) => !known.has(key) && !key.startsWith('$'));
  if (unknown.length === 0) return;
  const names = unknown.map((key) => JSON.stringify(key)).join(', ');
  throw new HoldfastError('CONFIG_INVALID', `${file.path} has keys that no setting has: ${names}`, {
    details: { path: file.path, unknown },
  });
}
