/** Which server the options of the backend mean, and how a connection to it is made. */
import { HoldfastError } from '@holdfast/base';
import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise';

/** For accounts whose password changes, tunnels, and whatever else mysql2's options cannot say. */
export interface MysqlConnect {
  /** Names the server and database in messages; locks of the same name in one process are the same locks. */
  readonly name: string;
  /** Makes a connection that nobody else uses, not one of a pool. The backend ends it. */
  connect(): Promise<Connection>;
}

export interface MysqlEndpoint {
  /** For messages: without account and password. */
  readonly where: string;
  connect(patienceMs: number): Promise<Connection>;
}

/** A peer that is silently gone is noticed by the kernel after this long, in milliseconds, and ten probes. */
const keepAliveMs = 10_000;

/** @throws HoldfastError CONFIG_INVALID - the URL is none; what it says is not told, it may hold a password */
export function endpointOf(connection: string | ConnectionOptions | MysqlConnect): MysqlEndpoint {
  if (typeof connection === 'string') return urlEndpoint(connection);
  if ('connect' in connection) return { where: connection.name, connect: () => connection.connect() };
  if (connection.uri !== undefined) return urlEndpoint(connection.uri, connection);
  return { where: whereOf(connection), connect: connector(connection) };
}

/** @param options - beside the URL, as mysql2 takes them: where both say something the option counts */
function urlEndpoint(uri: string, options: ConnectionOptions = {}): MysqlEndpoint {
  const url = URL.parse(uri);
  if (url === null || !/^(?:mysql|mariadb):$/.test(url.protocol)) {
    throw new HoldfastError('CONFIG_INVALID', 'the address of the lock server is no mysql:// URL');
  }
  const { hostname: host, port, pathname } = url;
  const database = decodeURIComponent(pathname.slice(1));
  return {
    where: whereOf({ host, ...(port === '' ? {} : { port: Number(port) }), database, ...options }),
    connect: connector({ ...options, uri: uri.replace(/^mariadb:/, 'mysql:') }),
  };
}

function connector(options: ConnectionOptions): (patienceMs: number) => Promise<Connection> {
  return (patienceMs) =>
    createConnection({
      enableKeepAlive: true,
      keepAliveInitialDelay: keepAliveMs,
      connectTimeout: patienceMs,
      ...options,
    });
}

function whereOf({ socketPath, host = 'localhost', port = 3306, database = '' }: ConnectionOptions): string {
  return `${socketPath ?? `${host}:${port}`}/${database}`;
}
