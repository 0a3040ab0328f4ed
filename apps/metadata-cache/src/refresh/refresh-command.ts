/** The command line of `metadata-cache refresh`. */
import type { CommandDefinition } from '@holdfast/host/cli';
import { nonEmpty, type Setting, type SettingTable } from '@holdfast/host/config';
import { fetchSettings } from '../cache-settings.ts';
import { exitStatuses } from '../exit-statuses.ts';

export const refreshSettings = {
  ...fetchSettings,
  only: {
    flag: '--only',
    argument: 'distribution',
    describe: 'fetch this distribution only, and merge it into what is there',
    parse: nonEmpty,
    fallback: undefined,
    isPersistent: false,
  } as Setting<string | undefined>,
} satisfies SettingTable;

export const refreshCommand: CommandDefinition = {
  name: 'metadata-cache refresh [SOURCE]',
  describe: 'Fetch a catalogue and publish it, under the one writer lock. Returns when it can be read.',
  settings: refreshSettings,
  epilogue: `SOURCE is the same as --source. A refresh that waited while another one published what it wanted downloads
nothing. Until a new catalogue is complete and valid, the old one stays.

${exitStatuses}

Examples:
  metadata-cache refresh
  metadata-cache refresh --only temurin --lock-timeout 30
  metadata-cache refresh https://example.net/catalogue.json --json`,
};
