/** The command lines of `holdfast db …`. */
import type { CommandDefinition } from '@holdfast/host/cli';
import {
  json,
  lockTimeout,
  nonEmpty,
  onOrOff,
  placeSettings,
  type Setting,
  type SettingTable,
} from '@holdfast/host/config';
import { isGatewayName } from '@holdfast/truth-db';

export const dbStatusSettings = { ...placeSettings, json } satisfies SettingTable;

/** The lock is the one of the database, under which one process migrates at a time. */
export const dbMigrateSettings = {
  ...dbStatusSettings,
  lockTimeout: lockTimeout(60_000),
} satisfies SettingTable;

export const dbRollbackSettings = {
  ...dbMigrateSettings,
  force: {
    flag: '--force',
    describe: 'throw away the rows of the tables that go',
    parse: onOrOff,
    fallback: false,
    isPersistent: false,
  } as Setting<boolean>,
} satisfies SettingTable;

export const dbSeedSettings = {
  ...dbMigrateSettings,
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

const epilogue =
  'Exit status: 0 done, 64 usage, 65 truth invalid, 69 database unreachable, 73 state directory or read-only database, 74 full, 75 busy, 77 access denied, 78 configuration, schema or server does not fit';

export const dbMigrateCommand: CommandDefinition = {
  name: 'holdfast db migrate',
  describe: 'Bring the schema of truth up to date, or complete what was interrupted.',
  settings: dbMigrateSettings,
  epilogue,
};

export const dbStatusCommand: CommandDefinition = {
  name: 'holdfast db status',
  describe: 'Show applied and pending migrations.',
  settings: dbStatusSettings,
  epilogue,
};

export const dbRollbackCommand: CommandDefinition = {
  name: 'holdfast db rollback',
  describe: 'Take back the newest migration, with its tables. One with rows is refused without --force.',
  settings: dbRollbackSettings,
  epilogue: `${epilogue}, 3 rows would be lost`,
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
