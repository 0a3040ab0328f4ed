/** The settings of the commands: where the stores are, how long a lock is waited for, how long salts live. */
import { formatDuration, parseDuration } from '@holdfast/base';
import {
  json,
  lockBackend,
  lockTimeout,
  nonEmpty,
  onOrOff,
  progress,
  type Setting,
  type SettingTable,
  stateSettings,
} from '@holdfast/host/config';

const hour = 3_600_000;
const day = 24 * hour;

/** What every command needs to find the stores. */
export const storeSettings = {
  ...stateSettings,
  rateLimitDir: {
    flag: '--rate-limit-dir',
    argument: 'dir',
    describe:
      'directory of the counters, where they are on a tmpfs (default: stores/rate-limit in the state directory)',
    parse: nonEmpty,
    fallback: undefined,
  } as Setting<string | undefined>,
  saltRotateEvery: duration('--salt-rotate-every', 'age at which the salt is replaced', 7 * day),
  saltOverlap: duration(
    '--salt-overlap',
    'how long the salt before stays valid: longer than the slowest limit takes to recover',
    day,
  ),
  lockBackend,
  json,
} satisfies SettingTable;

export type StoreSettings = SettingTable & typeof storeSettings;

/** What may take long, and waits for locks. */
export const workSettings = { ...storeSettings, lockTimeout: lockTimeout(30_000, 'each lock'), progress };

export const inspectSettings = {
  ...storeSettings,
  document: document('only this document, by its path in the directory of the stores'),
  limit: {
    flag: '--limit',
    argument: 'n',
    describe: 'entries that are shown of each document (default: 20)',
    parse: wholeNumber(1_000_000),
    fallback: 20,
    isPersistent: false,
  } as Setting<number>,
} satisfies SettingTable;

export const validateSettings = { ...storeSettings, progress } satisfies SettingTable;

export const resetSettings = {
  ...workSettings,
  document: document('only this document, by its path in the directory of the stores'),
  damaged: once('--damaged', 'only what is damaged, as the steward decides by itself'),
  dryRun: once('--dry-run', 'say what would be reset, and change nothing'),
} satisfies SettingTable;

export const undoSettings = {
  ...workSettings,
  overwrite: once('--overwrite', 'move what changed since into the trash, instead of refusing'),
  setAside: once(
    '--set-aside',
    'give up a reset that can go neither forward nor back; its files are left to people',
  ),
} satisfies SettingTable;

export const sweepSettings = {
  ...workSettings,
  keepResets: {
    ...duration('--keep-resets', 'how long resets can be undone; older ones are deleted for good', 30 * day),
  },
} satisfies SettingTable;

export function duration(flag: string, describe: string, fallback: number, least = 1_000): Setting<number> {
  return {
    flag,
    argument: 'duration',
    describe: `${describe} (default: ${formatDuration(fallback)})`,
    parse: (text) => {
      const ms = parseDuration(text);
      if (ms >= least && Number.isFinite(ms)) return ms;
      throw new Error(`"${text.slice(0, 40)}" is not at least ${formatDuration(least)}, or has no end`);
    },
    fallback,
  };
}

function document(describe: string): Setting<string | undefined> {
  return {
    flag: '--document',
    argument: 'path',
    describe,
    parse: nonEmpty,
    fallback: undefined,
    isPersistent: false,
  };
}

function once(flag: string, describe: string): Setting<boolean> {
  return { flag, describe, parse: onOrOff, fallback: false, isPersistent: false };
}

function wholeNumber(most: number): (text: string) => number {
  return (text) => {
    const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (count >= 1 && count <= most) return count;
    throw new Error(`"${text.slice(0, 40)}" is no whole number from 1 to ${most}`);
  };
}
