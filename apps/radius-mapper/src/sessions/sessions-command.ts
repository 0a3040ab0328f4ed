/** The command lines of `vpn-radius-mapper sessions …`. */
import type { CommandDefinition } from '@holdfast/host/cli';
import { json, nonEmpty, placeSettings, type Setting, type SettingTable } from '@holdfast/host/config';

/** Of one call: a gateway that the configuration names is that of the machine, not of the question. */
const ofCall = { isPersistent: false, fallback: undefined } as const;

export const sessionsListSettings = {
  ...placeSettings,
  gateway: {
    ...ofCall,
    flag: '--gateway',
    argument: 'name',
    describe: 'only sessions on this gateway',
    parse: nonEmpty,
  } as Setting<string | undefined>,
  user: {
    ...ofCall,
    flag: '--user',
    argument: 'name',
    describe: 'only the session of this user name',
    parse: nonEmpty,
  } as Setting<string | undefined>,
  limit: {
    flag: '--limit',
    argument: 'n',
    describe: 'how many at most, by connection (default: 100)',
    parse: mostSessions,
    fallback: 100,
    isPersistent: false,
  } as Setting<number>,
  json,
} satisfies SettingTable;

export const sessionsReleaseSettings = {
  ...placeSettings,
  acquiredAt: {
    ...ofCall,
    flag: '--acquired-at',
    argument: 'time',
    describe: 'only the session that began then, as sessions list --json tells it (acquiredAt)',
    parse: moment,
  } as Setting<number | undefined>,
  reason: {
    flag: '--reason',
    argument: 'text',
    describe: 'why, 1 to 64 characters; kept with the ended session (default: operator)',
    parse: reasonText,
    fallback: 'operator',
    isPersistent: false,
  } as Setting<string>,
  json,
} satisfies SettingTable;

export const sessionsListCommand: CommandDefinition = {
  name: 'vpn-radius-mapper sessions list',
  describe: 'Show who is connected.',
  settings: sessionsListSettings,
  epilogue: `STATE is "begun", "pending" until the Start of a session is reported, or "over" when its time has run out and
nobody has ended it or taken it over yet.

Exit status: 0 listed, 64 usage, 69 database unreachable, 77 no access, 78 configuration

Examples:
  vpn-radius-mapper sessions list --gateway gw1
  vpn-radius-mapper sessions list --user ana --json`,
};

export const sessionsReleaseCommand: CommandDefinition = {
  name: 'vpn-radius-mapper sessions release',
  describe: 'Free the session of a connection by hand.',
  settings: sessionsReleaseSettings,
  operands: [{ name: 'connection', describe: 'id of the connection, or the user name of its client' }],
  epilogue: `The session is read first, and exactly that one is released: one that has begun meanwhile stays. Its NAS is told to
disconnect it by the next run of its gateway.

Exit status:
  0    released, and told which
  64   usage          65  no such connection, or it has no session
  69   database unreachable
  75   the session has ended meanwhile, or is not the one of --acquired-at
  77   no access      78  configuration

Examples:
  vpn-radius-mapper sessions release ana
  vpn-radius-mapper sessions release 42 --reason "ticket 1234"`,
};

function mostSessions(text: string): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= 100_000) return count;
  throw new Error(`"${text.slice(0, 40)}" is no whole number from 1 to 100000`);
}

/** Milliseconds since the Unix epoch, or ISO 8601 with its zone. */
function moment(text: string): number {
  const ms = /^\d{1,15}$/.test(text) ? Number(text) : zoned(text);
  if (Number.isSafeInteger(ms)) return ms;
  throw new Error(`"${text.slice(0, 40)}" is no time: milliseconds since 1970, or 2026-01-10T12:00:00.000Z`);
}

function zoned(text: string): number {
  return /^\d{4}-\d{2}-\d{2}T.*(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
}

function reasonText(text: string): string {
  const trimmed = text.trim();
  if (trimmed.length >= 1 && trimmed.length <= 64 && !/\p{Cc}/u.test(trimmed)) return trimmed;
  throw new Error('1 to 64 characters on one line are expected');
}
