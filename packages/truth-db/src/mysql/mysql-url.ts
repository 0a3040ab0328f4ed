/**
 * A database URL of a server: `mysql://user:password@host:port/database?option=value`, `mariadb://` alike. Whatever has to
 * be percent-encoded is. Messages name options of the list below and nothing of the URL.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { HoldfastError, parseDuration } from '@holdfast/base';

export interface MysqlTls {
  /** Whether the certificate has to be valid for the host. */
  readonly isVerified: boolean;
  /** PEM texts. Without `ca` the certificates that the runtime trusts. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface MysqlEndpoint {
  readonly host: string;
  readonly port: number;
  /** In place of host and port. */
  readonly socketPath?: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tls?: MysqlTls;
  /** Connections at most. */
  readonly poolSize: number;
  readonly connectTimeoutMs: number;
  /** How long a statement may take; `Infinity` for no limit. */
  readonly statementTimeoutMs: number;
}

const defaults = { port: 3306, poolSize: 10, connectTimeoutMs: 10_000, statementTimeoutMs: 60_000 } as const;
const options = [
  'socket',
  'tls',
  'tls-ca',
  'tls-cert',
  'tls-key',
  'pool',
  'connect-timeout',
  'statement-timeout',
] as const;
type Option = (typeof options)[number];
const mostConnections = 1_000;

/**
 * Options: `socket=PATH` in place of the host; `tls=verify` (certificate and host name are checked, so the
 * host has to be a name), `tls=encrypt` (they
 * are not: whoever is between can listen), `tls=off` (the default); `tls-ca`, `tls-cert`, `tls-key` name PEM files; `pool`
 * the connections at most (10); `connect-timeout` (10s) and `statement-timeout` (60s, `infinite`) are durations.
 *
 * @throws HoldfastError CONFIG_INVALID - not such a URL
 */
export function mysqlEndpoint(text: string): MysqlEndpoint {
  const url = URL.parse(text);
  if (url === null || !/^(?:mysql|mariadb):$/.test(url.protocol) || url.hash !== '') {
    throw invalid('is not of the form mysql://USER:PASSWORD@HOST:PORT/DATABASE');
  }
  const given = optionsOf(url.searchParams);
  const database = decoded(url.pathname.slice(1));
  const user = decoded(url.username);
  if (database === '' || database.includes('/')) throw invalid('names no database');
  if (user === '') throw invalid('names no user');
  const socketPath = given.get('socket');
  if (url.hostname === '' && socketPath === undefined) throw invalid('names neither host nor socket');
  const tls = tlsOf(given);
  // An IPv6 address stands in brackets in a URL only.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  // mysql2 would compare the certificate with the name `localhost` then, whatever the address is.
  if (tls?.isVerified === true && isIP(host) !== 0)
    throw invalid('asks for tls=verify at an address: a certificate is checked against a host name');
  return {
    host,
    port: url.port === '' ? defaults.port : Number(url.port),
    user,
    password: decoded(url.password),
    database,
    poolSize: poolSizeOf(given.get('pool')),
    connectTimeoutMs: durationOf(given, 'connect-timeout', defaults.connectTimeoutMs),
    statementTimeoutMs: durationOf(given, 'statement-timeout', defaults.statementTimeoutMs),
    ...(socketPath === undefined ? {} : { socketPath }),
    ...(tls === undefined ? {} : { tls }),
  };
}

function optionsOf(given: URLSearchParams): ReadonlyMap<Option, string> {
  const found = new Map<Option, string>();
  for (const [name, value] of given) {
    const option = options.find((known) => known === name);
    if (option === undefined) throw invalid(`has an option that is none of ${options.join(', ')}`);
    if (found.has(option) || value === '') throw invalid(`has the option ${option} twice or empty`);
    found.set(option, value);
  }
  return found;
}

function tlsOf(given: ReadonlyMap<Option, string>): MysqlTls | undefined {
  const files = (['tls-ca', 'tls-cert', 'tls-key'] as const).filter((option) => given.has(option));
  const mode = given.get('tls') ?? 'off';
  if (mode === 'off') {
    if (files.length > 0) throw invalid(`has the option ${files[0]} without tls=verify or tls=encrypt`);
    return undefined;
  }
  if (mode !== 'verify' && mode !== 'encrypt')
    throw invalid('has an option tls that is none of verify, encrypt, off');
  const pem = Object.fromEntries(
    files.map((option) => [option.slice('tls-'.length), readPem(given, option)]),
  );
  return { isVerified: mode === 'verify', ...pem };
}

function readPem(given: ReadonlyMap<Option, string>, option: Option): string {
  try {
    return readFileSync(given.get(option) ?? '', 'utf8');
  } catch (cause) {
    throw new HoldfastError(
      'CONFIG_INVALID',
      `the file that the option ${option} of the database URL names cannot be read`,
      { cause },
    );
  }
}

function poolSizeOf(text: string | undefined): number {
  if (text === undefined) return defaults.poolSize;
  const size = Number(text);
  if (Number.isSafeInteger(size) && size >= 1 && size <= mostConnections) return size;
  throw invalid(`has an option pool that is no number from 1 to ${mostConnections}`);
}

function durationOf(given: ReadonlyMap<Option, string>, option: Option, fallback: number): number {
  const text = given.get(option);
  if (text === undefined) return fallback;
  const ms = durationMs(text);
  if (ms !== undefined && ms > 0) return ms;
  throw invalid(`has an option ${option} that is no duration such as 10s`);
}

function durationMs(text: string): number | undefined {
  try {
    return parseDuration(text);
  } catch {
    return undefined; // its message would repeat the text
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('has a percent sign that begins no encoded character');
  }
}

function invalid(what: string): HoldfastError {
  return new HoldfastError('CONFIG_INVALID', `the database URL ${what}`);
}
