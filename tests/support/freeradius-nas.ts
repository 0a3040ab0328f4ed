/**
 * A real FreeRADIUS in the place of a NAS: it listens for Disconnect and CoA requests on loopback, verifies both of their
 * authenticators, and writes down what it has read. A session by the name of `unknown` it does not know.
 */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { temporaryDirectory } from './temporary-directory.ts';

export interface FreeradiusNas extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  /** Requests that it has accepted, one a line: the attributes as it has read them. */
  seen(): readonly string[];
  /** What it says of the others. */
  log(): string;
}

/** What it writes down of a request. */
const attributes = [
  'Packet-Type',
  'User-Name',
  'Acct-Session-Id',
  'Framed-IP-Address',
  'Filter-Id',
  'Mikrotik-Rate-Limit',
  'WISPr-Bandwidth-Max-Down',
  'WISPr-Bandwidth-Max-Up',
  'integer:Event-Timestamp',
] as const;

const setpriv = '/usr/bin/setpriv';

export async function startFreeradiusNas(secret: string): Promise<FreeradiusNas> {
  await using cleanup = new AsyncDisposableStack();
  const { path } = cleanup.use(await temporaryDirectory());
  const port = await freeUdpPort();
  await writeFile(join(path, 'radiusd.conf'), configuration(path, port, secret), { mode: 0o600 });
  await chmod(path, 0o700);
  const guard = existsSync(setpriv) ? [setpriv, '--pdeathsig', 'KILL'] : [];
  const server = ['freeradius', '-f', '-l', 'stdout', '-xx', '-d', path];
  const [file = '', ...args] = [...guard, ...server, '-D', '/usr/share/freeradius', '-n', 'radiusd'];
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' };
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  cleanup.defer(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const lines: string[] = [];
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (line.includes('Ready to process requests')) resolve();
  });
  void ended.then(() => reject(new Error(`freeradius has ended:\n${lines.join('\n')}`)));
  await ready;
  const opened = cleanup.move();
  const seenPath = join(path, 'seen');
  return {
    address: '127.0.0.1',
    port,
    seen: () => (existsSync(seenPath) ? readFileSync(seenPath, 'utf8').trimEnd().split('\n') : []),
    log: () => lines.join('\n'),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function configuration(directory: string, port: number, secret: string): string {
  return `
name = nas
libdir = /usr/lib/freeradius
raddbdir = ${directory}
logdir = ${directory}
run_dir = ${directory}
security {
  allow_core_dumps = no
  status_server = no
}
thread pool {
  start_servers = 1
  max_servers = 1
  min_spare_servers = 1
  max_spare_servers = 1
}
client gateway {
  ipaddr = 127.0.0.1
  secret = "${secret}"
  require_message_authenticator = yes
}
modules {
  linelog seen {
    filename = ${directory}/seen
    format = "${attributes.map((name) => `%{${name}}`).join('|')}"
  }
  always ok {
    rcode = ok
  }
  always reject {
    rcode = reject
  }
}
server nas {
  listen {
    type = coa
    ipaddr = 127.0.0.1
    port = ${port}
  }
  recv-coa {
    seen
    if (&Acct-Session-Id == "unknown") {
      update reply {
        &Error-Cause := 503
      }
      reject
    }
    else {
      update reply {
        &Message-Authenticator := 0x00
      }
      ok
    }
  }
  send-coa {
    ok
  }
}
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
