/** The settings that apply and reconcile share, each as flag, `HOLDFAST_…` variable and configuration key. */
import { formatDuration, parseDuration } from '@holdfast/base';
import type { Progress } from '@holdfast/host/cli';
import { nonEmpty, placeSettings, type Setting, type SettingTable } from '@holdfast/host/config';
import type { LogLevel } from '@holdfast/host/log';
import { isGatewayName } from '@holdfast/truth-db';

/** A parser that accepts exactly these words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): (value: string) => Word {
  return (value) => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw new Error(`"${value.slice(0, 40)}" is none of ${words.join(', ')}`);
    return found;
  };
}

/** A switch: present on the command line, or true / false elsewhere. */
export const onOrOff = (value: string): boolean => oneOf('true', 'false')(value) === 'true';

/** A duration setting; the default differs from command to command. */
export function lockTimeout(fallbackMs: number): Setting<number> {
  return {
    flag: '--lock-timeout',
    argument: 'duration',
    describe: `how long to wait for the gateway lock: 500ms, 5s, 2m, 0, infinite (default: ${formatDuration(fallbackMs)})`,
    parse: parseDuration,
    fallback: fallbackMs,
  };
}

export const policySettings = {
  ...placeSettings,
  gateway: {
    flag: '--gateway',
    argument: 'name',
    describe: 'gateway to work on (default: the only one in truth)',
    parse: gatewayName,
    fallback: undefined,
  } as Setting<string | undefined>,
  dataplane: {
    flag: '--dataplane',
    argument: 'kind',
    describe: 'kernel (nftables and tc, the default) or recorded (a file in the state directory)',
    parse: oneOf('kernel', 'recorded'),
    fallback: 'kernel',
  } as Setting<'kernel' | 'recorded'>,
  netns: {
    flag: '--netns',
    argument: 'name',
    describe: 'network namespace to work in: a name of ip-netns(8), or pid:N',
    parse: namespaceName,
    fallback: undefined,
  } as Setting<string | undefined>,
  device: {
    flag: '--device',
    argument: 'dev',
    describe: 'network device that carries the sessions (default: the one truth names)',
    parse: nonEmpty,
    fallback: undefined,
  } as Setting<string | undefined>,
  progress: {
    flag: '--progress',
    argument: 'mode',
    describe: 'feedback while waiting: auto (on a terminal, the default), plain or none',
    parse: oneOf('auto', 'plain', 'none'),
    fallback: 'auto',
  } as Setting<Progress>,
  logLevel: {
    flag: '--log-level',
    argument: 'level',
    describe: 'debug, info, warn (the default), error or silent',
    parse: oneOf('debug', 'info', 'warn', 'error', 'silent'),
    fallback: 'warn',
  } as Setting<LogLevel>,
  json: {
    flag: '--json',
    describe: 'print one JSON document on stdout',
    parse: onOrOff,
    fallback: false,
  } as Setting<boolean>,
  force: {
    flag: '--force',
    describe: 'carry out removals that the mass-removal guard refuses',
    parse: onOrOff,
    fallback: false,
    isPersistent: false,
  } as Setting<boolean>,
} satisfies SettingTable;

/** The gateway's name becomes part of file names and of a lock scope. */
function gatewayName(value: string): string {
  if (isGatewayName(value)) return value;
  throw new Error(
    `"${value.slice(0, 40)}" is no gateway name: lower-case letters, digits and hyphens, 32 at most`,
  );
}

function namespaceName(value: string): string {
  if (!/^(?:pid:\d{1,9}|[A-Za-z0-9_][A-Za-z0-9_.-]{0,63})$/.test(value)) {
    throw new Error(`"${value.slice(0, 40)}" is no namespace: a name of ip-netns(8) or pid:N`);
  }
  return value;
}
