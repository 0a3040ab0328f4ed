/** The command line of `metadata-cache doctor`. */
import type { CommandDefinition } from '@holdfast/host/cli';
import type { SettingTable } from '@holdfast/host/config';
import { cacheSettings } from '../cache-settings.ts';
import { exitStatuses } from '../exit-statuses.ts';

export const doctorSettings = cacheSettings satisfies SettingTable;

export const doctorCommand: CommandDefinition = {
  name: 'metadata-cache doctor',
  describe:
    'Look at the cache of this machine: directory, catalogues, lock, and what killed writers have left.',
  settings: doctorSettings,
  epilogue: `Changes nothing, takes no lock, and asks no source. Warnings count as success.

${exitStatuses}

Examples:
  metadata-cache doctor
  metadata-cache doctor --json`,
};
