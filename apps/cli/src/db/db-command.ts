/** The command lines of `holdfast db …`. */
import { isIPv4 } from 'node:net';
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
  nas: {
    flag: '--nas',
    argument: 'address:port',
    describe:
      'let a NAS admit the clients of the demo: where its packets come from, and the port that hears Disconnect requests (default: none, hooks report them)',
    parse: nasPlace,
    fallback: undefined,
    isPersistent: false,
  } as Setting<NasPlace | undefined>,
  newLogins: {
    flag: '--new-logins',
    describe: 'give the people and the devices of the demo new passwords, and print them',
    parse: onOrOff,
    fallback: false,
    isPersistent: false,
  } as Setting<boolean>,
} satisfies SettingTable;

export interface NasPlace {
  readonly address: string;
  readonly coaPort: number;
}

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
  describe: 'Add a small, labelled demo gateway to truth, unless it is there.',
  settings: dbSeedSettings,
  epilogue: `A gateway of that name which is not that of the demo stays as it is. That of the demo gets the NAS that is named, with a new secret that is
printed, or none.

${epilogue}`,
};

function nasPlace(text: string): NasPlace {
  const [, address = '', digits] = /^([\d.]{7,15}):(\d{1,5})$/.exec(text) ?? [];
  const coaPort = Number(digits);
  if (isIPv4(address) && coaPort >= 1 && coaPort <= 65_535) return { address, coaPort };
  throw new Error(`"${text.slice(0, 40)}" is no IPv4 address and port, such as 127.0.0.1:3799`);
}

/** As the policy commands read it: the name becomes part of file names and of a lock scope. */
function gatewayName(text: string): string {
  if (isGatewayName(text)) return text;
  throw new Error(
    `"${text.slice(0, 40)}" is no gateway name: lower-case letters, digits and hyphens, 32 at most`,
  );
}
