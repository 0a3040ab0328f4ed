/**
 * `holdfast.config.json`: one flat JSON object whose keys are the long flags in camel case. Looked for in this order:
 * `--config`, the state directory, `/etc/holdfast`. The first that exists is the one; they are not merged.
 */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, HoldfastError, isHoldfastError } from '@holdfast/base';
import { readConfigText } from './config-text.ts';

export interface ConfigFile {
  /** Undefined when there is none. */
  readonly path: string | undefined;
  readonly values: Readonly<Record<string, unknown>>;
}

const fileName = 'holdfast.config.json';

/**
 * @throws HoldfastError CONFIG_INVALID - a named file is missing, or a file is unreadable or not a JSON object
 * @throws HoldfastError STATE_DIRECTORY - whether the state directory has one cannot be told, because of the directory
 */
export function readConfigFile(options: {
  readonly named: string | undefined;
  readonly stateDir: string;
}): ConfigFile {
  const { named, stateDir } = options;
  if (named !== undefined) {
    const values = readObject(named, unreadable);
    if (values === undefined) throw invalid(named, 'does not exist');
    return { path: named, values };
  }
  const places = [
    { path: join(stateDir, fileName), explain: unreadableIn(stateDir) },
    { path: join('/etc/holdfast', fileName), explain: unreadable },
  ];
  for (const { path, explain } of places) {
    const values = readObject(path, explain);
    if (values !== undefined) return { path, values };
  }
  return { path: undefined, values: {} };
}

type ExplainUnreadable = (path: string, cause: unknown) => HoldfastError;

function readObject(path: string, explain: ExplainUnreadable): Readonly<Record<string, unknown>> | undefined {
  let text: string;
  try {
    text = readConfigText(path);
  } catch (cause) {
    if (isHoldfastError(cause)) throw cause;
    const errno = errnoOf(cause);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw explain(path, cause);
  }
  return parseObject(path, text);
}

function parseObject(path: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, and the text may hold a database password.
    throw invalid(path, 'is not valid JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(path, 'is not a JSON object');
  return value as Readonly<Record<string, unknown>>;
}

function unreadable(path: string, cause: unknown): HoldfastError {
  return invalid(path, `cannot be read (${errnoOf(cause) ?? 'unknown error'})`, cause);
}

/** Nobody named this file: where the directory itself cannot be used, that is what has to be told. */
function unreadableIn(stateDir: string): ExplainUnreadable {
  return (path, cause) => {
    const errno = errnoOf(cause);
    if (errno !== 'ENAMETOOLONG' && isSearchable(stateDir)) return unreadable(path, cause);
    return new HoldfastError('STATE_DIRECTORY', `${stateDir} cannot be used (${errno ?? 'unknown error'})`, {
      cause,
      details: { stateDir },
    });
  };
}

function isSearchable(directory: string): boolean {
  try {
    accessSync(directory, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function invalid(path: string, why: string, cause?: unknown): HoldfastError {
  return new HoldfastError('CONFIG_INVALID', `the configuration file ${path} ${why}`, {
    cause,
    details: { path },
  });
}
