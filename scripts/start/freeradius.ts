/**
 * A FreeRADIUS of the demo's own: the files that the mapper ships, as its own command installs them, in an empty raddb. The
 * FreeRADIUS of the machine, if there is one, is neither read nor touched.
 *
 * It plays the NAS as well, where a NAS listens: Disconnect and CoA requests of the gateway are verified and written down.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Ports } from './ports.ts';
import { type Command, runBin } from './run-bin.ts';
import { systemPath } from './system-path.ts';
import type { RadiusPlace } from './traffic/radclient.ts';

export interface Freeradius {
  readonly command: Command;
  readonly env: Readonly<Record<string, string>>;
  readonly place: RadiusPlace;
  /** Where it writes what the gateway asks its NAS for. */
  readonly nasLog: string;
}

export interface FreeradiusOptions {
  readonly stateDir: string;
  readonly ports: Ports;
  /** Of the NAS, for both directions. */
  readonly nasSecret: string;
  readonly signal: AbortSignal;
}

const library = '/usr/lib/freeradius';

/** Where its packets come from: it is on this machine. */
export const nasAddress = '127.0.0.1';

/** What has to be installed, and is not; undefined when all of it is. */
export function missingForRadius(): string | undefined {
  const isOnPath = (program: string) =>
    systemPath.split(delimiter).some((directory) => existsSync(join(directory, program)));
  if (!isOnPath('freeradius')) return 'freeradius';
  if (!isOnPath('radclient')) return 'freeradius-utils';
  return existsSync(join(library, 'rlm_rest.so')) ? undefined : 'freeradius-rest';
}

/** @returns the exit status with which its configuration was refused, if it was */
export async function prepareFreeradius(options: FreeradiusOptions): Promise<Freeradius | number> {
  const { stateDir, ports, nasSecret, signal } = options;
  const raddb = join(stateDir, 'demo', 'raddb');
  await rm(raddb, { recursive: true, force: true });
  for (const name of [
    'mods-available',
    'mods-enabled',
    'sites-available',
    'sites-enabled',
    'policy.d',
    'radacct',
  ])
    await mkdir(join(raddb, name), { recursive: true, mode: 0o700 });
  const write = (name: string, text: string) => writeFile(join(raddb, name), text, { mode: 0o600 });
  const nasLog = join(raddb, 'nas.log');
  await write('radiusd.conf', radiusdConf(raddb, nasLog));
  await write('dictionary', '');
  await write('nas-secret', `${nasSecret}\n`);
  await write('sites-enabled/demo-nas', nasSite(ports.coa, nasSecret));
  const place = ['--directory', raddb, '--state-dir', stateDir];
  const { status, stdout } = await runBin('vpn-radius-mapper', ['raddb', 'install', ...place], {
    signal,
    isCaptured: true,
  });
  if (status !== 0) {
    process.stderr.write(stdout);
    return status;
  }
  const optionsPath = join(raddb, 'holdfast/options.conf');
  await writeFile(optionsPath, withOptions(await readFile(optionsPath, 'utf8'), ports));
  await write('holdfast/clients.conf', clientOf('nas', nasSecret));
  return {
    command: [
      'freeradius',
      '-f',
      '-l',
      'stdout',
      '-d',
      raddb,
      '-D',
      '/usr/share/freeradius',
      '-n',
      'radiusd',
    ],
    env: { PATH: systemPath, LC_ALL: 'C.UTF-8' },
    place: { authPort: ports.auth, acctPort: ports.acct, secretFile: join(raddb, 'nas-secret'), raddb },
    nasLog,
  };
}

function withOptions(text: string, ports: Ports): string {
  const values = {
    listen: nasAddress,
    auth_port: ports.auth,
    acct_port: ports.acct,
    mapper: `"http://127.0.0.1:${ports.mapper}"`,
  };
  return Object.entries(values).reduce(
    (conf, [name, value]) =>
      conf.replace(new RegExp(`^holdfast_${name} = .*$`, 'm'), () => `holdfast_${name} = ${value}`),
    text,
  );
}

function clientOf(name: string, secret: string): string {
  return `client ${name} {
  ipaddr = ${nasAddress}
  secret = "${secret}"
  require_message_authenticator = yes
}
`;
}

function nasSite(port: number, secret: string): string {
  return `clients demo_gateway {
${clientOf('gateway', secret)}}
server demo_nas {
  listen {
    type = coa
    ipaddr = ${nasAddress}
    port = ${port}
    clients = demo_gateway
  }
  recv-coa {
    demo_orders
    update reply {
      &Message-Authenticator := 0x00
    }
    ok
  }
  send-coa {
    ok
  }
}
`;
}

/** What is written down of a request: its kind, who is meant, and what it should get. */
const orderFormat = [
  '%{Packet-Type}',
  '%{User-Name}',
  '%{Acct-Session-Id}',
  '%{Filter-Id}',
  '%{WISPr-Bandwidth-Max-Down}',
  '%{WISPr-Bandwidth-Max-Up}',
].join('|');

const returnCodes = ['reject', 'fail', 'ok', 'handled', 'invalid', 'userlock', 'notfound', 'noop', 'updated'];

function radiusdConf(raddb: string, nasLog: string): string {
  return `name = holdfast-demo
libdir = ${library}
raddbdir = ${raddb}
confdir = ${raddb}
logdir = ${raddb}
run_dir = ${raddb}
radacctdir = ${raddb}/radacct
max_request_time = 30
cleanup_delay = 5
max_requests = 1024
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
  start_servers = 2
  max_servers = 4
  min_spare_servers = 1
  max_spare_servers = 4
  max_requests_per_server = 0
  auto_limit_acct = no
}
modules {
${returnCodes.map((code) => `  always ${code} {\n    rcode = ${code}\n  }`).join('\n')}
  expr {
  }
  pap {
  }
  mschap {
  }
  linelog demo_orders {
    filename = ${nasLog}
    permissions = 0600
    format = "${orderFormat}"
  }
  $INCLUDE mods-enabled/
}
policy {
  $INCLUDE policy.d/
}
$INCLUDE sites-enabled/
`;
}
