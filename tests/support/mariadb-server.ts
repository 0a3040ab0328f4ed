/**
 * A private MariaDB server in a temporary directory, on a socket of its own: the real one, for tests. It has an account
 * `root` without a password and an empty database `holdfast`, keeps little in memory and flushes nothing unless asked to.
 *
 * It is started by the test, asked until it answers, ended by its process id and reaped; when the process of the test dies
 * the kernel kills it. `mariadb-install-db` is not used: it wants programs of other packages, for what is one bootstrap.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryDirectory } from './temporary-directory.ts';

export interface MariadbServer extends AsyncDisposable {
  /** Where it listens; the same after a restart. */
  readonly socketPath: string;
  /** On 127.0.0.1, when asked for; the same after a restart. */
  readonly port: number | undefined;
  readonly pid: number;
  /** For mysql2: root in the database `holdfast`, over the socket. */
  readonly connection: { readonly socketPath: string; readonly user: string; readonly database: string };
  /** What it has logged so far. */
  log(): string;
  /** SIGKILL; resolves when it has been reaped. */
  kill(): Promise<void>;
  /** SIGTERM, which lets it end in order; resolves when it has been reaped. */
  stop(): Promise<void>;
  /** Starts again what was killed or stopped, with what it had written. */
  start(): Promise<void>;
}

export interface MariadbServerOptions {
  /** Listens on a free port of 127.0.0.1 too. Default false. */
  readonly hasPort?: boolean;
  /** Flushes its log at each commit and its files when it has to, as in production. Default false. */
  readonly isDurable?: boolean;
  /** Further arguments, such as `--max-connections=5`. */
  readonly args?: readonly string[];
}

/** The files of an installation from which the system tables are made. */
const systemTables = ['mysql_system_tables', 'mysql_performance_tables', 'mysql_system_tables_data'].map(
  (name) => `/usr/share/mysql/${name}.sql`,
);
const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' };
const setpriv = '/usr/bin/setpriv';

export async function startMariadbServer(options: MariadbServerOptions = {}): Promise<MariadbServer> {
  const { hasPort = false, isDurable = false, args = [] } = options;
  const directory = await temporaryDirectory();
  const socketPath = join(directory.path, 'mariadb.sock');
  const port = hasPort ? await freePort() : undefined;
  const listen = port === undefined ? ['--skip-networking'] : ['--bind-address=127.0.0.1', `--port=${port}`];
  const flush = isDurable ? ['--innodb-flush-log-at-trx-commit=1'] : withoutFlushes;
  const where = [`--socket=${socketPath}`, `--pid-file=${join(directory.path, 'pid')}`];
  let running: Running;
  let starts = 0;
  const isUp = async () => {
    running = runServer(directory.path, [...where, ...listen, ...flush, ...args]);
    starts += 1;
    while (!hasEnded(running.child)) {
      if (await isGreeted(socketPath)) return true;
      await delay(5);
    }
    return false;
  };
  const start = async () => {
    // The files of a server that was killed can be locked for a moment longer; then the next one gives up.
    const tries = starts === 0 ? 1 : 3;
    for (let left = tries; left > 0; left -= 1) if (await isUp()) return;
    throw new Error(`mariadbd has ended:\n${logOf(directory.path)}`);
  };
  const end = async (signal: NodeJS.Signals) => {
    running.child.kill(signal);
    await running.closed;
  };
  try {
    await installInto(directory.path);
    await start();
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    throw error;
  }
  return {
    socketPath,
    port,
    get pid() {
      return running.child.pid ?? 0;
    },
    connection: { socketPath, user: 'root', database: 'holdfast' },
    log: () => logOf(directory.path),
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    start,
    [Symbol.asyncDispose]: async () => {
      await end('SIGKILL');
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Settings that server and bootstrap have to agree on, and little of everything. */
const small = [
  '--innodb-log-file-size=4M',
  '--innodb-buffer-pool-size=8M',
  '--innodb-data-file-path=ibdata1:4M:autoextend',
  '--innodb-autoextend-increment=1',
  '--innodb-temp-data-file-path=ibtmp1:1M:autoextend',
  '--aria-pagecache-buffer-size=1M',
  '--key-buffer-size=64K',
  '--performance-schema=OFF',
  '--skip-log-bin',
];
const withoutFlushes = [
  '--innodb-flush-log-at-trx-commit=0',
  '--innodb-flush-method=nosync',
  '--skip-innodb-doublewrite',
];

async function installInto(directory: string): Promise<void> {
  await mkdir(dataOf(directory), { mode: 0o700 });
  const quiet = ['--bootstrap', '--log-warnings=0', '--enforce-storage-engine='];
  const { child, closed } = runServer(directory, [...quiet, ...withoutFlushes], 'pipe');
  const tables = await Promise.all(systemTables.map((file) => readFile(file, 'utf8')));
  // A statement ends with its line here.
  const begin = 'CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket = NULL;\n';
  child.stdin?.on('error', () => undefined); // its end says why
  child.stdin?.end([begin, ...tables, 'CREATE DATABASE holdfast;\n'].join('\n'));
  const [status] = await closed;
  if (status !== 0) throw new Error(`mariadbd --bootstrap ended with ${status}:\n${logOf(directory)}`);
}

interface Running {
  readonly child: ChildProcess;
  readonly closed: Promise<unknown[]>;
}

function runServer(directory: string, args: readonly string[], stdin: 'ignore' | 'pipe' = 'ignore'): Running {
  const server = ['mariadbd', '--no-defaults', `--datadir=${dataOf(directory)}`, `--tmpdir=${directory}`];
  const rights = process.geteuid?.() === 0 ? ['--user=root'] : []; // root has to say that it means it
  const guard = existsSync(setpriv) ? [setpriv, '--pdeathsig', 'KILL'] : [];
  const [file = '', ...rest] = [...guard, ...server, ...small, ...args, ...rights];
  const log = openSync(logPathOf(directory), 'a');
  const child = spawn(file, rest, { env, stdio: [stdin, 'ignore', log] });
  closeSync(log);
  return { child, closed: once(child, 'close') };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function logPathOf(directory: string): string {
  return join(directory, 'mariadb.log');
}

function logOf(directory: string): string {
  return readFileSync(logPathOf(directory), 'utf8');
}

function dataOf(directory: string): string {
  return join(directory, 'data');
}

/** The server speaks first: its protocol version is 10. */
function isGreeted(socketPath: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = createConnection(socketPath);
  socket.once('data', (greeting) => {
    resolve(Buffer.from(greeting)[4] === 10);
    socket.destroy();
  });
  socket.once('error', () => resolve(false));
  socket.once('close', () => resolve(false));
  return promise;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
