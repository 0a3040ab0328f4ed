/**
 * A private FreeRADIUS on loopback with the configuration that the mapper ships: installed by its own command into an empty
 * raddb of Debian's layout, with the stock modules of the package beside it. It is ended by its process id and reaped; when
 * the process of the test dies the kernel kills it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { installRaddb } from '../../apps/radius-mapper/src/raddb/install-raddb.ts';
import type { RadiusServerPlace } from './radius-client.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface FreeradiusServer extends AsyncDisposable, RadiusServerPlace {
  /** Its raddb directory. */
  readonly directory: string;
  readonly pid: number;
  /** What it has logged since its first start. */
  log(): string;
  /** The accounting that waits for the mapper, as it stands in the file; empty when there is none. */
  spooled(): string;
  /** The accounting that the mapper can never take, in the same form. */
  setAside(): string;
  /** SIGTERM, or the signal given; resolves when it has been reaped. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts again what was stopped. */
  start(): Promise<void>;
}

export interface FreeradiusServerOptions {
  /** Where the mapper is, `http://127.0.0.1:PORT`. */
  readonly mapper: string;
  readonly mapperSecret: string;
  /** Lines of options.conf by name, without `holdfast_`. */
  readonly options?: Readonly<Record<string, string>>;
  /** Other NASes beside 127.0.0.1: what stands in clients.conf. */
  readonly clients?: string;
  /** Changes shipped files before the first start: what breaks a guard, or configures the database. */
  readonly edit?: (path: string, text: string) => string;
  /** Links mods-available/holdfast_sql too. */
  readonly hasSql?: boolean;
  /** Requests that it answers at once; 32, as its package has it. */
  readonly threads?: number;
  /** Logs what it does with each request, passwords included. Default false. */
  readonly isVerbose?: boolean;
}

/** Timeouts for a busy machine, on which an answer that was given at once is read a second later. */
export const patient = { timeout: '3.0', connect_timeout: '2.0' } as const;

/** Of the NAS at 127.0.0.1. */
export const nasSecret = 'a secret of at least 32 characters';
const stock = '/etc/freeradius/3.0';
const setpriv = '/usr/bin/setpriv';
/** What an edit is asked about. */
const editable = [
  'holdfast/tls.conf',
  'policy.d/holdfast',
  'policy.d/holdfast_sql',
  'mods-available/holdfast',
  'mods-available/holdfast_sql',
];

export async function startFreeradiusServer(options: FreeradiusServerOptions): Promise<FreeradiusServer> {
  await using cleanup = new AsyncDisposableStack();
  const { path } = cleanup.use(await temporaryDirectory());
  const [authPort, acctPort] = [await freeUdpPort(), await freeUdpPort()];
  await makeRaddb(path, { ...options, authPort, acctPort });
  const lines: string[] = [];
  let running: Running | undefined;
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    running?.child.kill(signal);
    await running?.ended;
  };
  const start = async () => {
    running = run(path, lines, options.isVerbose ?? false);
    await running.ready;
  };
  cleanup.defer(() => stop('SIGKILL'));
  await start();
  const opened = cleanup.move();
  const spool = (name: string) => {
    const file = join(path, 'radacct/holdfast', name);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  return {
    directory: path,
    authPort,
    acctPort,
    secret: nasSecret,
    get pid() {
      return running?.child.pid ?? 0;
    },
    log: () => lines.join('\n'),
    spooled: () => spool('accounting') + spool('accounting.work'),
    setAside: () => spool('refused'),
    stop,
    start,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  readonly ready: Promise<void>;
}

function run(path: string, lines: string[], isVerbose: boolean): Running {
  const guard = existsSync(setpriv) ? [setpriv, '--pdeathsig', 'KILL'] : [];
  const server = ['freeradius', '-f', '-l', 'stdout', ...(isVerbose ? ['-xx'] : []), '-d', path];
  const [file = '', ...args] = [...guard, ...server, '-D', '/usr/share/freeradius', '-n', 'radiusd'];
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' };
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (line.includes('Ready to process requests')) resolve();
  });
  void ended.then(() => reject(new Error(`freeradius has ended:\n${lines.slice(-40).join('\n')}`)));
  return { child, ended, ready };
}

interface Raddb extends FreeradiusServerOptions {
  readonly authPort: number;
  readonly acctPort: number;
}

async function makeRaddb(path: string, raddb: Raddb): Promise<void> {
  for (const name of [
    'mods-available',
    'mods-enabled',
    'sites-available',
    'sites-enabled',
    'policy.d',
    'run',
    'radacct',
  ])
    await mkdir(join(path, name), { mode: 0o700 });
  await writeFile(join(path, 'radiusd.conf'), radiusdConf(path, raddb.threads ?? 32), { mode: 0o600 });
  await installRaddb({ directory: path, secret: raddb.mapperSecret });
  const own = { mapper: `"${raddb.mapper}"`, listen: '127.0.0.1', connect_timeout: '0.5', timeout: '1.0' };
  const ports = { auth_port: `${raddb.authPort}`, acct_port: `${raddb.acctPort}`, replay_interval: '4' };
  await change(join(path, 'holdfast/options.conf'), (text) =>
    Object.entries({ ...own, ...ports, ...raddb.options }).reduce(setOption, text),
  );
  await writeFile(join(path, 'holdfast/clients.conf'), `${clientConf}\n${raddb.clients ?? ''}`);
  const { edit } = raddb;
  if (edit !== undefined) {
    for (const name of editable) await change(join(path, name), (text) => edit(name, text));
  }
  if (raddb.hasSql === true) {
    const sql = await readFile(join(path, 'mods-available/holdfast_sql'), 'utf8');
    await writeFile(join(path, 'mods-enabled/holdfast_sql'), sql, { mode: 0o600 });
  }
}

const clientConf = `client nas {
  ipaddr = 127.0.0.1
  secret = "${nasSecret}"
  require_message_authenticator = yes
}`;

function setOption(text: string, [name, value]: readonly [string, string]): string {
  const line = new RegExp(`^holdfast_${name} = .*$`, 'm');
  if (!line.test(text)) throw new Error(`options.conf has no holdfast_${name}`);
  return text.replace(line, () => `holdfast_${name} = ${value}`);
}

async function change(path: string, edit: (text: string) => string): Promise<void> {
  await writeFile(path, edit(await readFile(path, 'utf8')));
}

function radiusdConf(path: string, threads: number): string {
  return `
prefix = /usr
localstatedir = /var
sbindir = /usr/sbin
name = holdfast-test
libdir = /usr/lib/freeradius
raddbdir = ${path}
confdir = ${path}
modconfdir = ${stock}/mods-config
logdir = ${path}
radacctdir = ${path}/radacct
run_dir = ${path}/run
max_request_time = 30
cleanup_delay = 5
max_requests = 16384
hostname_lookups = no
proxy_requests = yes
log {
  destination = stdout
  auth = no
}
security {
  allow_core_dumps = no
  max_attributes = 200
  reject_delay = 0
  status_server = no
}
thread pool {
  start_servers = 4
  max_servers = ${threads}
  min_spare_servers = 4
  max_spare_servers = ${threads}
  max_requests_per_server = 0
  auto_limit_acct = no
}
modules {
  $INCLUDE ${stock}/mods-available/always
  $INCLUDE ${stock}/mods-available/expr
  $INCLUDE ${stock}/mods-available/pap
  $INCLUDE ${stock}/mods-available/mschap
  $INCLUDE mods-enabled/
}
policy {
  $INCLUDE policy.d/
}
$INCLUDE sites-enabled/
`;
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}
