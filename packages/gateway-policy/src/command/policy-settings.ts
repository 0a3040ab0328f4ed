/** The settings that apply and reconcile share, each as flag, `HOLDFAST_…` variable and configuration key. */
import {
  json,
  lockBackend,
  nonEmpty,
  oneOf,
  onOrOff,
  placeSettings,
  progress,
  type Setting,
  type SettingTable,
} from '@holdfast/host/config';
import type { LogLevel } from '@holdfast/host/log';
import { isGatewayName } from '@holdfast/truth-db/caller';

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
  lockBackend,
  progress,
  logLevel: {
    flag: '--log-level',
    argument: 'level',
    describe: 'debug, info, warn (the default), error or silent',
    parse: oneOf('debug', 'info', 'warn', 'error', 'silent'),
    fallback: 'warn',
  } as Setting<LogLevel>,
  json,
  removalShare: {
    flag: '--removal-share',
    argument: 'percent',
    describe: 'how much of what is live a run may remove that no trigger explains (default: 30)',
    parse: wholeNumber(0, 100),
    fallback: 30,
  } as Setting<number>,
  removalCount: {
    flag: '--removal-count',
    argument: 'n',
    describe: 'how many objects of a kind it may remove all the same (default: 20)',
    parse: wholeNumber(0, 1_000_000),
    fallback: 20,
  } as Setting<number>,
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

function wholeNumber(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = /^\d{1,7}$/.test(value) ? Number(value) : -1;
    if (number >= least && number <= most) return number;
    throw new Error(`"${value.slice(0, 40)}" is no whole number from ${least} to ${most}`);
  };
}

function namespaceName(value: string): string {
  if (!/^(?:pid:\d{1,9}|[A-Za-z0-9_][A-Za-z0-9_.-]{0,63})$/.test(value)) {
    throw new Error(`"${value.slice(0, 40)}" is no namespace: a name of ip-netns(8) or pid:N`);
  }
  return value;
}
