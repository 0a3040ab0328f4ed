/** The command line of the mapper itself. */
import { formatDuration, parseDuration } from '@holdfast/base';
import type { CommandDefinition } from '@holdfast/host/cli';
import {
  json,
  lockBackend,
  nonEmpty,
  oneOf,
  placeSettings,
  type Setting,
  type SettingTable,
} from '@holdfast/host/config';
import { type ListenAddress, listen, parseListenAddress } from '@holdfast/host/listen';
import type { LogLevel } from '@holdfast/host/log';

const second = 1_000;
const day = 86_400_000;
const defaultPlace = '127.0.0.1:8081';

type Place = Exclude<ListenAddress, { readonly kind: 'none' }>;

export const mapperSettings = {
  ...placeSettings,
  listen: {
    ...listen(defaultPlace, ''),
    describe: `where to answer FreeRADIUS, /healthz, /readyz and /metrics: HOST:PORT or unix:PATH (default: ${defaultPlace})`,
    parse: somewhere,
    fallback: somewhere(defaultPlace),
  } as Setting<Place>,
  secretFile: file('--secret-file', {
    describe:
      'what FreeRADIUS shows (default: radius-mapper.secret in the state directory, made when missing)',
  }),
  tlsCertificate: file('--tls-certificate', {
    describe: 'answer over TLS, with this certificate chain (PEM)',
  }),
  tlsKey: file('--tls-key', { describe: 'the private key of the certificate (PEM)' }),
  tlsClientCa: file('--tls-client-ca', {
    describe: 'take only clients with a certificate of this authority (PEM)',
  }),
  pendingLease: duration('--pending-lease', {
    describe: 'how long a login keeps the session for its Start',
    least: second,
    most: 3_600_000,
    fallback: 90 * second,
  }),
  interim: duration('--interim', {
    describe: 'how often a NAS is to report a session',
    least: 60 * second,
    most: day,
    fallback: 300 * second,
  }),
  sessionLease: optionalDuration('--session-lease', {
    describe: 'how long a session lives after its last report (default: three times --interim, at least 10m)',
    least: second,
    most: 7 * day,
  }),
  sessionTimeout: optionalDuration('--session-timeout', {
    describe: 'how long a session may last at all (default: no limit)',
    least: 60 * second,
    most: 365 * day,
  }),
  restrictedTimeout: optionalDuration('--restricted-timeout', {
    describe: 'the same for a restricted one: its NAS asks again then (default: --session-timeout)',
    least: 60 * second,
    most: 365 * day,
  }),
  clientTimeout: duration('--client-timeout', {
    describe: 'the timeout of FreeRADIUS, behind which nothing is locked any more',
    least: 100,
    most: 60 * second,
    fallback: 1_500,
  }),
  loginQueue: {
    flag: '--login-queue',
    argument: 'n',
    describe: 'how many logins may wait for the database; more are turned away (default: 1024)',
    parse: wholeNumber(100_000),
    fallback: 1_024,
  } as Setting<number>,
  spoolLimit: {
    flag: '--spool-limit',
    argument: 'n',
    describe: 'how many accounting requests may wait on disk for the database (default: 100000)',
    parse: wholeNumber(10_000_000),
    fallback: 100_000,
  } as Setting<number>,
  janitorInterval: duration('--janitor-interval', {
    describe: 'how often sessions are ended whose time is over',
    least: 100,
    most: 3_600_000,
    fallback: 10 * second,
  }),
  lockBackend,
  logLevel: {
    flag: '--log-level',
    argument: 'level',
    describe: 'debug (every login), info (the default: refused ones), warn, error or silent',
    parse: oneOf('debug', 'info', 'warn', 'error', 'silent'),
    fallback: 'info',
  } as Setting<LogLevel>,
  json,
} satisfies SettingTable;

export const mapperCommand: CommandDefinition = {
  name: 'vpn-radius-mapper',
  describe: 'Answer FreeRADIUS: one session per connection, asked of truth and locked there.',
  settings: mapperSettings,
  epilogue: `Commands:
  vpn-radius-mapper [serve]            what this help is about
  vpn-radius-mapper sessions list      who is connected
  vpn-radius-mapper sessions release   free the session of a connection by hand
  vpn-radius-mapper credentials renew  a new RADIUS password for a connection
  vpn-radius-mapper raddb install      the configuration of FreeRADIUS
Each tells its options with --help.

Exit status:
  0    asked to stop, and what was under way has been answered
  64   usage            69  the address of --listen cannot be used
  73   state directory  74  the secret cannot be read or written
  77   not permitted    78  configuration, or a schema that does not fit
  130  interrupted twice, 143 terminated twice

Examples:
  HOLDFAST_DATABASE="$(cat /etc/holdfast/database-url)" vpn-radius-mapper
  vpn-radius-mapper --listen '[::1]:8081' --interim 10m --log-level warn`,
};

function file(flag: string, { describe }: { describe: string }): Setting<string | undefined> {
  return { flag, argument: 'file', describe, parse: nonEmpty, fallback: undefined };
}

interface Bounds {
  readonly describe: string;
  readonly least: number;
  readonly most: number;
}

function duration(
  flag: string,
  { describe, fallback, ...bounds }: Bounds & { fallback: number },
): Setting<number> {
  const told = `${describe} (default: ${formatDuration(fallback)})`;
  return { flag, argument: 'duration', describe: told, parse: within({ describe, ...bounds }), fallback };
}

function optionalDuration(flag: string, bounds: Bounds): Setting<number | undefined> {
  return {
    flag,
    argument: 'duration',
    describe: bounds.describe,
    parse: within(bounds),
    fallback: undefined,
  };
}

function within({ least, most }: Bounds): (text: string) => number {
  return (text) => {
    const ms = parseDuration(text);
    if (ms >= least && ms <= most) return ms;
    throw new Error(`"${text}" is not between ${formatDuration(least)} and ${formatDuration(most)}`);
  };
}

function wholeNumber(most: number): (text: string) => number {
  return (text) => {
    const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (count >= 1 && count <= most) return count;
    throw new Error(`"${text.slice(0, 40)}" is no whole number from 1 to ${most}`);
  };
}

function somewhere(text: string): Place {
  const address = parseListenAddress(text);
  if (address.kind === 'none') throw new Error('a mapper that listens nowhere is of no use');
  return address;
}
