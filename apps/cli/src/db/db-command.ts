/** The command lines of `holdfast db …`. */
import type { CommandDefinition } from '@holdfast/host/cli';
import { nonEmpty, placeSettings, type Setting, type SettingTable } from '@holdfast/host/config';
import { isGatewayName } from '@holdfast/truth-db';

export const dbSeedSettings = {
  ...placeSettings,
  gateway: {
    flag: '--gateway',
    argument: 'name',
    describe: 'name of the demo gateway (default: gw1)',
    parse: gatewayName,
    fallback: 'gw1',
  } as Setting<string>,
  device: {
    flag: '--device',
    argument: 'dev',
    describe: 'network device of the demo gateway (default: hf0)',
    parse: nonEmpty,
    fallback: 'hf0',
  } as Setting<string>,
} satisfies SettingTable;

const epilogue = `Exit status: 0 done, 64 usage, 69 database unreachable, 73 state directory, 75 busy, 78 configuration or newer schema`;

export const dbMigrateCommand: CommandDefinition = {
  name: 'holdfast db migrate',
  describe: 'Bring the schema of truth up to date.',
  settings: placeSettings,
  epilogue,
};

export const dbStatusCommand: CommandDefinition = {
  name: 'holdfast db status',
  describe: 'Show applied and pending migrations as JSON.',
  settings: placeSettings,
  epilogue,
};

export const dbSeedCommand: CommandDefinition = {
  name: 'holdfast db seed',
  describe: 'Add a small, labelled demo gateway to truth. Does nothing when it is there.',
  settings: dbSeedSettings,
  epilogue,
};

/** As the policy commands read it: the name becomes part of file names and of a lock scope. */
function gatewayName(text: string): string {
  if (isGatewayName(text)) return text;
  throw new Error(
    `"${text.slice(0, 40)}" is no gateway name: lower-case letters, digits and hyphens, 32 at most`,
  );
}
