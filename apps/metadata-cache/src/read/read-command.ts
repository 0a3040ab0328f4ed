/** The command lines of `metadata-cache list` and `show`. */
import type { CommandDefinition } from '@holdfast/host/cli';
import { oneOf, type Setting, type SettingTable } from '@holdfast/host/config';
import { fetchSettings } from '../cache-settings.ts';
import { exitStatuses } from '../exit-statuses.ts';
import { type Allowance, allowances } from '../steward/cache-facts.ts';

export const readSettings = {
  ...fetchSettings,
  refresh: {
    flag: '--refresh',
    argument: 'when',
    describe: 'what a reader may have fetched: never, damaged (the default), needed (also missing or stale)',
    parse: oneOf(...allowances),
    fallback: 'damaged',
    isPersistent: false,
  } as Setting<Allowance>,
} satisfies SettingTable;

const promise = `Takes no lock. Length and checksum are compared; where the current file is damaged, the generation before is
shown and said so; where both are, it is fetched anew, once. Without a catalogue it fails: fetch one first.`;

export const listCommand: CommandDefinition = {
  name: 'metadata-cache list [SOURCE]',
  describe: 'List the distributions of a cached catalogue.',
  settings: readSettings,
  epilogue: `${promise}

${exitStatuses}

Examples:
  metadata-cache list
  metadata-cache list --refresh needed --json`,
};

export const showCommand: CommandDefinition = {
  name: 'metadata-cache show [DISTRIBUTION]',
  describe:
    'Show one distribution of a cached catalogue, or where the catalogue comes from and how old it is.',
  settings: readSettings,
  epilogue: `${promise}

${exitStatuses}

Examples:
  metadata-cache show
  metadata-cache show temurin --json`,
};
