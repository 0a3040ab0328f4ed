/**
 * A real OpenVPN between two network namespaces: a server that calls a hook, and clients with certificates of their own.
 * Certificates are signed by themselves and known by their fingerprints, so there is no authority to set up.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createEmptyLab, type Lab } from './network-lab.ts';
import { type Running, startProcess } from './run-process.ts';

export interface OpenvpnLab extends AsyncDisposable {
  /** The namespace of the server; its tunnel is `tun0`. */
  readonly server: Lab;
  /** Connects as the owner of a certificate. Resolves when the tunnel is up. */
  connect(name: string): Promise<OpenvpnClient>;
  /** Has the server end the connection of a client now; by itself it misses one that is gone only after a while. */
  drop(name: string): Promise<void>;
  /** What the server has printed. */
  log(): string;
}

export interface OpenvpnClient {
  /** Kills it: the server is not told. */
  kill(): Promise<void>;
}

export interface OpenvpnLabOptions {
  /** Where certificates are kept. */
  readonly directory: string;
  /** Common names that may connect. */
  readonly names: readonly string[];
  /** The line that the server calls as client-connect, client-disconnect and learn-address. */
  readonly hook: string;
}

const isUp = 'Initialization Sequence Completed';

export async function openvpnLab({ directory, names, hook }: OpenvpnLabOptions): Promise<OpenvpnLab> {
  await using cleanup = new AsyncDisposableStack();
  const server = cleanup.use(createEmptyLab());
  const clients = cleanup.use(createEmptyLab());
  server.run('ip', 'link', 'add', 'u0', 'type', 'veth', 'peer', 'name', 'u1', 'netns', clients.netns);
  for (const [lab, device, address] of [
    [server, 'u0', '10.99.0.1/24'],
    [clients, 'u1', '10.99.0.2/24'],
  ] as const) {
    lab.run('ip', 'address', 'add', address, 'dev', device);
    lab.run('ip', 'link', 'set', device, 'up');
    lab.run('ip', 'link', 'set', 'lo', 'up');
  }
  const identities = ['server', ...names].map((name, index) => makeIdentity(directory, name, index));
  const [serverIdentity, ...clientIdentities] = identities;
  if (serverIdentity === undefined) throw new Error('no certificate was made');
  const running = start(
    server,
    [
      '--mode server --tls-server --server 10.66.0.0 255.255.255.0 --topology subnet'.split(' '),
      '--local 10.99.0.1 --dev tun0 --dh none --keepalive 5 30 --script-security 2'.split(' '),
      ['--management', join(directory, 'management'), 'unix'],
      ['--client-connect', hook, '--client-disconnect', hook, '--learn-address', hook],
      filesOf(serverIdentity),
      clientIdentities.flatMap(({ fingerprint }) => ['--peer-fingerprint', fingerprint]),
    ].flat(),
  );
  cleanup.defer(() => running.end('SIGTERM'));
  await running.printed(isUp);
  const opened = cleanup.move();
  return {
    server,
    log: running.said,
    drop: (name) => manage(join(directory, 'management'), `kill ${name}`),
    connect: async (name) => {
      const identity = clientIdentities[names.indexOf(name)];
      if (identity === undefined) throw new Error(`${name} has no certificate`);
      const client = start(
        clients,
        [
          '--client --remote 10.99.0.1 --nobind --dev tun --peer-fingerprint'.split(' '),
          [serverIdentity.fingerprint, ...filesOf(identity)],
        ].flat(),
      );
      opened.defer(() => client.end('SIGKILL'));
      await client.printed(isUp);
      return { kill: () => client.end('SIGKILL') };
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

interface Identity {
  readonly certificate: string;
  readonly key: string;
  readonly fingerprint: string;
}

function makeIdentity(directory: string, name: string, index: number): Identity {
  const certificate = join(directory, `${index}.crt`);
  const key = join(directory, `${index}.key`);
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-utf8',
  ];
  const subject = ['-days', '1', '-subj', `/CN=${name}`, '-keyout', key, '-out', certificate];
  execFileSync('openssl', [...request, ...subject], { stdio: 'ignore' });
  const printed = execFileSync('openssl', ['x509', '-in', certificate, '-noout', '-fingerprint', '-sha256']);
  return { certificate, key, fingerprint: printed.toString().trim().split('=')[1] ?? '' };
}

function filesOf({ certificate, key }: Identity): readonly string[] {
  return ['--cert', certificate, '--key', key];
}

function start(lab: Lab, args: readonly string[]) {
  const common = '--proto udp --port 1194 --disable-dco --verb 3 --connect-retry 1'.split(' ');
  const words = [`--net=/run/netns/${lab.netns}`, 'openvpn', ...common, ...args];
  const running: Running = startProcess('nsenter', words, { guardMs: 55_000 });
  let said = '';
  const listeners = new Set<() => void>();
  running.child.stdout?.on('data', (text: string) => {
    said += text;
    for (const listener of listeners) listener();
  });
  return {
    said: () => said,
    printed: (text: string) =>
      Promise.race([
        new Promise<void>((resolve) => {
          const look = () => said.includes(text) && resolve();
          listeners.add(look);
          look();
        }),
        running.finished.then(() => {
          throw new Error(`openvpn ended: ${said}`);
        }),
      ]),
    end: async (signal: NodeJS.Signals) => {
      running.child.kill(signal);
      await running.finished;
    },
  };
}

/** Gives the server a command. Resolves when it has answered that it is done. */
async function manage(path: string, command: string): Promise<void> {
  const socket = connect(path);
  let said = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (/^(?:SUCCESS|ERROR):/m.test(said)) socket.end('quit\n');
  });
  socket.write(`${command}\n`);
  await once(socket, 'close');
  if (!said.includes('SUCCESS:')) throw new Error(`openvpn did not ${command}: ${said}`);
}
