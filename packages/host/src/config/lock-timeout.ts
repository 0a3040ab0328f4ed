/**
 * How long to wait for a lock, and who decided it: flag > environment > configuration file > default. Commands get it
 * with all their settings; `resolveLockTimeout` is the same rule for a program that has nothing but this one setting.
 */
import { formatDuration, HoldfastError, isHoldfastError } from '@holdfast/base';
import type { ConfigFile } from './config-file.ts';
import { type Environment, environment } from './environment.ts';
import { lockTimeout } from './lock-settings.ts';
import { resolveSetting } from './resolve-settings.ts';
import { keyOf, type Resolved, type SettingSource } from './setting.ts';

export interface LockTimeout {
  /** Milliseconds: 0 tries once, `Infinity` has no limit. */
  readonly waitMs: number;
  readonly source: SettingSource;
  /** The knob that decided, as it is spelled there: `--lock-timeout`, `HOLDFAST_LOCK_TIMEOUT`, `lockTimeout in /etc/…`. */
  readonly name: string;
}

export interface LockTimeoutOptions {
  /** Text of the flag, undefined when it was not given. */
  readonly flag?: string | undefined;
  /** Default: the environment of this process. */
  readonly environment?: Environment;
  /** Default: none. */
  readonly file?: ConfigFile;
  /** What the operation waits when nobody says anything, in milliseconds. */
  readonly fallbackMs: number;
  /** The flag's name, from which the file's key and the variable are derived. Default `--lock-timeout`. */
  readonly name?: string;
  /** The variable's name, for programs with a prefix of their own. Default `HOLDFAST_LOCK_TIMEOUT`. */
  readonly variable?: string;
}

/** Longer than an operator expects a command to stand still. */
const longWaitMs = 3_600_000;

/**
 * @throws HoldfastError DURATION_INVALID - the flag cannot be read
 * @throws HoldfastError CONFIG_INVALID - the variable or the key cannot be read; details.name says which
 */
export function resolveLockTimeout(options: LockTimeoutOptions): LockTimeout {
  const { flag, fallbackMs, name = '--lock-timeout', variable } = options;
  const setting = { ...lockTimeout(fallbackMs), flag: name, ...(variable === undefined ? {} : { variable }) };
  const resolved = resolveSetting(setting, {
    flags: { [keyOf(name)]: flag },
    environment: options.environment ?? environment(),
    file: options.file ?? { path: undefined, values: {} },
  });
  return asLockTimeout(resolved);
}

export function asLockTimeout({ value, source, name }: Resolved<number>): LockTimeout {
  return { waitMs: value, source, name };
}

/**
 * What to warn of before a wait that may last longer than an hour: a unit is mistyped easily, and a command that stands
 * still in a timer unit is noticed late. Undefined when there is nothing to warn of, and for an `infinite` that was
 * typed for this very call: that word is no slip.
 */
export function longWaitWarning(limit: LockTimeout, flag = '--lock-timeout'): string | undefined {
  const { waitMs, source } = limit;
  if (waitMs <= longWaitMs || (waitMs === Number.POSITIVE_INFINITY && source === 'flag')) return undefined;
  const length =
    waitMs === Number.POSITIVE_INFINITY ? 'without limit' : `for up to ${formatDuration(waitMs)}`;
  return `this may wait ${length}: the limit is ${decidedBy(limit)}${waysOut(limit, flag)}`;
}

/** LOCK_BUSY with the knob that decided how long was waited; any other error as it is. */
export function namingLimit(error: unknown, limit: LockTimeout, flag = '--lock-timeout'): unknown {
  if (!isHoldfastError(error, 'LOCK_BUSY')) return error;
  const length = limit.waitMs === 0 ? 'one try' : formatDuration(limit.waitMs);
  return new HoldfastError(
    error.code,
    `${error.message}; the limit of ${length} is ${decidedBy(limit)}${waysOut(limit, flag)}`,
    { cause: error, details: { ...error.details, limit } },
  );
}

function decidedBy({ source, name }: LockTimeout): string {
  return source === 'default' ? `the default of ${name}` : `set by ${name}`;
}

/** A knob that is no flag of this call can be overruled by one. */
function waysOut({ source }: LockTimeout, flag: string): string {
  return source === 'environment' || source === 'config file' ? `, and ${flag} overrules it` : '';
}
