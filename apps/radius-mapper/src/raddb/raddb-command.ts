/** The command line of `vpn-radius-mapper raddb install`. */
import type { CommandDefinition } from '@holdfast/host/cli';
import {
  json,
  nonEmpty,
  onOrOff,
  type Setting,
  type SettingTable,
  stateSettings,
} from '@holdfast/host/config';

const callOnly = { parse: onOrOff, fallback: false, isPersistent: false } as const;

export const raddbInstallSettings = {
  ...stateSettings,
  directory: {
    flag: '--directory',
    argument: 'dir',
    describe: 'the configuration of FreeRADIUS (default: /etc/freeradius/3.0)',
    parse: nonEmpty,
    fallback: '/etc/freeradius/3.0',
    isPersistent: false,
  } as Setting<string>,
  secretFile: {
    flag: '--secret-file',
    argument: 'file',
    describe:
      'what FreeRADIUS shows to the mapper (default: radius-mapper.secret in the state directory, made when missing)',
    parse: nonEmpty,
    fallback: undefined,
  } as Setting<string | undefined>,
  dryRun: {
    ...callOnly,
    flag: '--dry-run',
    describe: 'tell what would be written, and write nothing',
  } as Setting<boolean>,
  force: {
    ...callOnly,
    flag: '--force',
    describe:
      'replace edited files too, each kept as holdfast/….bak; options, clients and other files to fill in stay',
  } as Setting<boolean>,
  json,
} satisfies SettingTable;

export const raddbInstallCommand: CommandDefinition = {
  name: 'vpn-radius-mapper raddb install',
  describe: 'Write the configuration of FreeRADIUS, and look whether FreeRADIUS takes it.',
  settings: raddbInstallSettings,
  epilogue: `Exit status:
  0    written, and FreeRADIUS takes it (or is not installed here)
  64   usage            73  state directory       74  read or write failed
  77   not permitted    78  no FreeRADIUS configuration there, or FreeRADIUS refuses it

Examples:
  vpn-radius-mapper raddb install --dry-run
  vpn-radius-mapper raddb install --directory /etc/freeradius/3.0`,
};
