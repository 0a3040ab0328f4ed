/**
 * A gateway with a client and a server, each in a namespace of its own, and the programs that send real packets between
 * them. The client is behind `labDevice`, the server behind `up0`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createEmptyLab, type Lab, labDevice } from '../support/network-lab.ts';

export const client4 = '10.77.0.6'; // shard 2 of 4
export const client6 = 'fd00:77::ab01'; // its last byte would be shard 1
export const server4 = '10.78.0.3'; // shard 3
export const server6 = 'fd00:78::2';

export interface Transfer {
  readonly direction: 'download' | 'upload';
  readonly family?: 4 | 6;
  readonly bytes: number;
}

export interface TrafficWorld extends AsyncDisposable {
  readonly gateway: Lab;
  readonly client: Lab;
  readonly server: Lab;
  /** Answers at an address until the world ends. @returns the tags that it was asked */
  echo(lab: Lab, address: string): Promise<ReadonlySet<string>>;
  isAnswered(from: Lab, address: string, tag: string): Promise<boolean>;
  /** Mbit/s of one TCP connection between client and server. */
  transfer(transfer: Transfer): Promise<number>;
}

const peerScript = new URL('./traffic-peer.ts', import.meta.url).pathname;

export function createTrafficWorld(): TrafficWorld {
  const stack = new AsyncDisposableStack();
  const gateway = stack.use(createEmptyLab());
  const client = stack.use(createEmptyLab());
  const server = stack.use(createEmptyLab());
  connect(gateway, labDevice, ['10.77.0.1', 'fd00:77::1'], client, [client4, client6]);
  connect(gateway, 'up0', ['10.78.0.1', 'fd00:78::1'], server, [server4, server6]);
  const forwarding = ['ipv4/ip_forward', 'ipv6/conf/all/forwarding'].map(
    (key) => `echo 1 > /proc/sys/net/${key}`,
  );
  gateway.run('sh', '-c', forwarding.join('; '));
  let lastPort = 7_000;

  const peer = async (lab: Lab, ...args: readonly string[]) => {
    const child = spawn('nsenter', [`--net=/run/netns/${lab.netns}`, process.execPath, peerScript, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    stack.defer(() => endOf(child));
    const reader = createInterface({ input: child.stdout });
    const seen = new Set<string>();
    reader.on('line', (line) => seen.add(line));
    const lines = reader[Symbol.asyncIterator]();
    return { seen, line: async () => (await lines.next()).value as string };
  };
  const ready = async (lab: Lab, ...args: readonly string[]) => {
    const listener = await peer(lab, ...args);
    const line = await listener.line();
    if (line !== 'ready') throw new Error(`${args.join(' ')} said ${line}`);
    return listener;
  };
  return {
    gateway,
    client,
    server,
    echo: async (lab, address) => (await ready(lab, 'echo', address, '6999')).seen,
    isAnswered: async (from, address, tag) => {
      const { line } = await peer(from, 'ask', address, '6999', tag);
      return JSON.parse(await line()).answered as boolean;
    },
    transfer: async ({ direction, family = 4, bytes }) => {
      const [from, to] = direction === 'download' ? [server, client] : [client, server];
      const v4 = to === client ? client4 : server4;
      const v6 = to === client ? client6 : server6;
      const address = family === 4 ? v4 : v6;
      lastPort += 1;
      const port = String(lastPort);
      const { line } = await ready(to, 'sink', address, port);
      await peer(from, 'send', address, port, String(bytes));
      return JSON.parse(await line()).mbitPerSecond as number;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** A veth between the gateway and another namespace, with the other's default routes through it. */
function connect(
  gateway: Lab,
  device: string,
  near: readonly [string, string],
  other: Lab,
  far: readonly [string, string],
): void {
  gateway.run('ip', 'link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', other.netns);
  for (const [lab, name, [v4, v6]] of [
    [gateway, device, near],
    [other, 'eth0', far],
  ] as const) {
    lab.run('ip', 'address', 'add', `${v4}/24`, 'dev', name);
    lab.run('ip', 'address', 'add', `${v6}/64`, 'dev', name, 'nodad');
    lab.run('ip', 'link', 'set', name, 'up');
  }
  other.run('ip', 'route', 'add', 'default', 'via', near[0]);
  other.run('ip', '-6', 'route', 'add', 'default', 'via', near[1]);
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'close');
  child.kill('SIGKILL');
  await ended;
}
