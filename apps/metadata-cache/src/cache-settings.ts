/** The settings of the metadata-cache commands, each as flag, `HOLDFAST_…` variable and configuration key. */
import { formatDuration, parseDuration } from '@holdfast/base';
import {
  json,
  lockBackend,
  lockTimeout,
  nonEmpty,
  oneOf,
  onOrOff,
  progress,
  type Setting,
  type SettingTable,
  stateSettings,
} from '@holdfast/host/config';
import type { LogLevel } from '@holdfast/host/log';
import { parseSize } from './size.ts';

/** What every command has: which catalogue, and where it is kept. */
export const cacheSettings = {
  ...stateSettings,
  source: {
    flag: '--source',
    argument: 'source',
    describe: 'foojay (the default), or the URL or path of any JSON document',
    parse: nonEmpty,
    fallback: 'foojay',
  } as Setting<string>,
  foojayUrl: {
    flag: '--foojay-url',
    argument: 'url',
    describe: 'where the DISCO API is (default: https://api.foojay.io/disco/v3.0)',
    parse: baseUrl,
    fallback: 'https://api.foojay.io/disco/v3.0',
  } as Setting<string>,
  maxAge: {
    flag: '--max-age',
    argument: 'duration',
    describe: `older than this a catalogue is stale (default: ${formatDuration(86_400_000)})`,
    parse: parseDuration,
    fallback: 86_400_000,
  } as Setting<number>,
  lockBackend,
  logLevel: {
    flag: '--log-level',
    argument: 'level',
    describe: 'debug, info, warn (the default), error or silent',
    parse: oneOf('debug', 'info', 'warn', 'error', 'silent'),
    fallback: 'warn',
  } as Setting<LogLevel>,
  quiet: {
    flag: '--quiet',
    describe: 'say nothing but what was asked for, and failures',
    parse: onOrOff,
    fallback: false,
    isPersistent: false,
  } as Setting<boolean>,
  json,
} satisfies SettingTable;

/** What a command has that may take the writer lock. */
export const writerSettings = {
  ...cacheSettings,
  lockTimeout: {
    ...lockTimeout(600_000),
    describe: 'how long to wait for the cache lock: 30, 500ms, 5s, 2m, 0, infinite (default: 10m)',
    parse: secondsOrDuration,
  } as Setting<number>,
  progress,
} satisfies SettingTable;

/** What a command has that may download. */
export const fetchSettings = {
  ...writerSettings,
  fetchTimeout: {
    flag: '--fetch-timeout',
    argument: 'duration',
    describe: `how long a download may take, and so keep the lock (default: ${formatDuration(300_000)})`,
    parse: finiteDuration,
    fallback: 300_000,
  } as Setting<number>,
  maxSize: {
    flag: '--max-size',
    argument: 'size',
    describe: 'how much one refresh may download: 500kB, 64MB, 1GB (default: 128MB)',
    parse: parseSize,
    fallback: 128_000_000,
  } as Setting<number>,
} satisfies SettingTable;

/** A bare number is seconds here, as `--lock-timeout SECONDS` of other caches. */
function secondsOrDuration(text: string): number {
  return /^\d{1,9}(?:\.\d{1,3})?$/.test(text.trim()) ? Number(text) * 1_000 : parseDuration(text);
}

/** A dead network would keep the lock for ever. */
function finiteDuration(text: string): number {
  const ms = parseDuration(text);
  if (ms > 0 && ms !== Number.POSITIVE_INFINITY) return ms;
  throw new Error(`"${text.slice(0, 40)}" has to be more than 0 and less than infinite`);
}

function baseUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return text.replace(/\/+$/, '');
  throw new Error(`"${text.slice(0, 80)}" is no http or https URL`);
}
