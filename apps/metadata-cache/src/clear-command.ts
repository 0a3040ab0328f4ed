/** The command line of `metadata-cache clear`. */
import type { CommandDefinition } from '@holdfast/host/cli';
import type { SettingTable } from '@holdfast/host/config';
import { writerSettings } from './cache-settings.ts';
import { exitStatuses } from './exit-statuses.ts';

export const clearSettings = writerSettings satisfies SettingTable;

export const clearCommand: CommandDefinition = {
  name: 'metadata-cache clear [SOURCE]',
  describe: 'Remove the cached catalogue of a source and its last good generation, under the writer lock.',
  settings: clearSettings,
  epilogue: `What was moved aside as damaged stays, as evidence. There is nothing to serve until the next refresh.

${exitStatuses}

Examples:
  metadata-cache clear
  metadata-cache clear --lock-timeout 0`,
};
