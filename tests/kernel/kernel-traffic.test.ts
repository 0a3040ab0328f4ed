/**
 * Real packets through a gateway of three namespaces (client, gateway, server): what is restricted does not pass, what is
 * shaped gets its rate, IPv4 and IPv6 of a session together.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fakeHeld } from '@holdfast/base/fake-held';
import {
  classIdOfSlot,
  createKernelDataplane,
  type Dataplane,
  diffState,
  type PolicyState,
} from '@holdfast/gateway-policy';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEmptyLab, type Lab, labDevice, labSkipReason } from '../support/network-lab.ts';

const skipReason = labSkipReason();
const peerScript = new URL('./traffic-peer.ts', import.meta.url).pathname;

const client4 = '10.77.0.6'; // shard 2 of 4
const client6 = 'fd00:77::ab01'; // its last byte would be shard 1
const server4 = '10.78.0.2';
const server6 = 'fd00:78::2';

const open: PolicyState = { restricted: new Set(), classOf: new Map(), classes: new Map() };

describe.skipIf(skipReason !== undefined)(`kernel traffic (${skipReason ?? 'as root'})`, () => {
  let stack: AsyncDisposableStack;
  let gateway: Lab;
  let client: Lab;
  let server: Lab;

  beforeEach(() => {
    stack = new AsyncDisposableStack();
    gateway = stack.use(createEmptyLab());
    client = stack.use(createEmptyLab());
    server = stack.use(createEmptyLab());
    join(gateway, labDevice, '10.77.0.1', 'fd00:77::1', client, client4, client6);
    join(gateway, 'up0', '10.78.0.1', 'fd00:78::1', server, server4, server6);
    gateway.run(
      'sh',
      '-c',
      'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding',
    );
  });
  afterEach(() => stack?.disposeAsync());

  const openDataplane = (shards: number) =>
    createKernelDataplane({ gateway: { device: labDevice, shards }, netns: gateway.netns });

  /** A peer that lives until the test ends. */
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
  const echo = async (lab: Lab, address: string) => {
    const { line, seen } = await peer(lab, 'echo', address, '7000');
    expect(await line()).toBe('ready');
    return seen;
  };
  const isAnswered = async (from: Lab, address: string, tag: string) => {
    const { line } = await peer(from, 'ask', address, '7000', tag);
    return JSON.parse(await line()).answered as boolean;
  };
  const transfer = async (address: string, port: string, bytes: number) => {
    const { line } = await peer(client, 'sink', address, port);
    expect(await line()).toBe('ready');
    await peer(server, 'send', address, port, String(bytes));
    return JSON.parse(await line()).mbitPerSecond as number;
  };

  test('a restricted client neither sends nor receives, and does again when it is free', async () => {
    const dataplane = openDataplane(4);
    await settle(dataplane, open);
    const heard = await Promise.all([
      echo(server, server4),
      echo(server, server6),
      echo(client, client4),
      echo(client, client6),
    ]);
    const answers = (tag: string) =>
      Promise.all([
        isAnswered(client, server4, tag),
        isAnswered(client, server6, tag),
        isAnswered(server, client4, tag),
        isAnswered(server, client6, tag),
      ]);
    const arrived = (tag: string) => heard.map((seen) => seen.has(tag));
    await expect.poll(() => answers('new'), { timeout: 10_000 }).toEqual([true, true, true, true]);
    await settle(dataplane, { ...open, restricted: new Set([client4]) });
    expect(await answers('no IPv4')).toEqual([false, true, false, true]);
    expect(arrived('no IPv4')).toEqual([false, true, false, true]);
    await settle(dataplane, { ...open, restricted: new Set([client6]) });
    expect(await answers('no IPv6')).toEqual([true, false, true, false]);
    expect(arrived('no IPv6')).toEqual([true, false, true, false]);
    await settle(dataplane, open);
    expect(await answers('free')).toEqual([true, true, true, true]);
  });

  test.each([1, 4])('a session gets its rate for both families together, in %d shards', async (shards) => {
    const dataplane = openDataplane(shards);
    const classId = classIdOfSlot((6 % shards) * 0x10000 + 0x1f, shards);
    await settle(dataplane, open);
    expect(await transfer(client4, '7001', 4_000_000)).toBeGreaterThan(50);
    expect(await transfer(client6, '7002', 4_000_000)).toBeGreaterThan(50);

    await settle(dataplane, {
      ...open,
      classOf: new Map([
        [client4, classId],
        [client6, classId],
      ]),
      classes: new Map([[classId, '10Mbit']]),
    });
    expectRate(await transfer(client4, '7003', 1_000_000), 10);
    expectRate(await transfer(client6, '7004', 1_000_000), 10);
    const startMs = performance.now();
    await Promise.all([transfer(client4, '7005', 1_250_000), transfer(client6, '7006', 1_250_000)]);
    // 2.5 MB through one class of 10 Mbit/s take 2 s; through two they would take 1 s.
    expect(performance.now() - startMs).toBeGreaterThan(1_800);
  });
});

function expectRate(measured: number, mbitPerSecond: number): void {
  expect(measured).toBeGreaterThan(mbitPerSecond * 0.8);
  expect(measured).toBeLessThan(mbitPerSecond * 1.05);
}

async function settle(dataplane: Dataplane, desired: PolicyState): Promise<void> {
  await dataplane.write(diffState(desired, await dataplane.read()), fakeHeld());
}

/** A veth between the gateway and another namespace, with the other's default routes through it. */
function join(
  gateway: Lab,
  device: string,
  near4: string,
  near6: string,
  other: Lab,
  far4: string,
  far6: string,
): void {
  gateway.run('ip', 'link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', other.netns);
  for (const [lab, name, v4, v6] of [
    [gateway, device, near4, near6],
    [other, 'eth0', far4, far6],
  ] as const) {
    lab.run('ip', 'address', 'add', `${v4}/24`, 'dev', name);
    lab.run('ip', 'address', 'add', `${v6}/64`, 'dev', name, 'nodad');
    lab.run('ip', 'link', 'set', name, 'up');
  }
  other.run('ip', 'route', 'add', 'default', 'via', near4);
  other.run('ip', '-6', 'route', 'add', 'default', 'via', near6);
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'close');
  child.kill('SIGKILL');
  await ended;
}
