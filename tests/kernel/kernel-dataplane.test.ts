/** The kernel dataplane passes the contract that the recorded one passes, and reads addresses as nft prints them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fakeHeld } from '@holdfast/base/fake-held';
import {
  classIdOfSlot,
  createKernelDataplane,
  diffState,
  digestOf,
  type KernelDataplaneOptions,
} from '@holdfast/gateway-policy';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { canonicalAddress } from '../../packages/gateway-policy/src/address.ts';
import type { Fault } from '../../packages/gateway-policy/src/contract-dataplane.ts';
import {
  contractDevices,
  contractShards,
  fullState,
  perInterface,
  sharedDevice,
  sharedDeviceWithUpload,
} from '../../packages/gateway-policy/src/contract-states.ts';
import { describeDataplane } from '../../packages/gateway-policy/src/dataplane-contract.ts';
import { formatTcRate } from '../../packages/gateway-policy/src/tc-rate.ts';
import { addSessionDevices, createLab, labDevice, labSkipReason } from '../support/network-lab.ts';
import { commandScript } from './command-script.ts';

const skipReason = labSkipReason();

/** What stands in front of nft or tc: whatever looks or checks goes right, and what writes does what the fault says. */
function faultyScript(name: 'nft' | 'tc', fault: Fault): string {
  const write = `printf '%s\\n' "$script" | ${name} "$@"`;
  const onWrite = { slow: `sleep 0.05; ${write}`, refusing: 'exit 1', lying: `${write}; exit 1` }[fault];
  return [
    `case "$*" in *show*|*list*|-c*) exec ${name} "$@";; esac`,
    'script=$(cat)',
    `case "$script" in *" show "*) ${write};; *) ${onWrite};; esac`,
  ].join('\n');
}

describe.skipIf(skipReason !== undefined)(`kernel (${skipReason ?? 'as root'})`, () => {
  const scripts = new DisposableStack();
  afterAll(() => scripts.dispose());
  const wrappers = new Map(
    (['slow', 'refusing', 'lying'] as const).map((fault) => {
      const [nft, tc] = (['nft', 'tc'] as const).map((name) =>
        scripts.use(commandScript(faultyScript(name, fault))),
      );
      return [fault, { nft: nft?.path ?? '', tc: tc?.path ?? '' }];
    }),
  );

  for (const states of [sharedDevice, sharedDeviceWithUpload, perInterface]) {
    describeDataplane('kernel', states, async () => {
      const lab = createLab();
      if (states.layout === 'per-interface') addSessionDevices(lab, contractDevices);
      const gateway = { layout: states.layout, device: labDevice, shards: contractShards };
      const openWith = (commands: KernelDataplaneOptions['commands'] = {}) =>
        createKernelDataplane({ gateway, netns: lab.netns, timeoutMs: 20_000, commands });
      return {
        dataplane: openWith(),
        faulty: (fault) => openWith(wrappers.get(fault)),
        [Symbol.asyncDispose]: async () => lab[Symbol.dispose](),
      };
    });
  }

  test.each([1, 2, 256])('a gateway of %d shards is built and read back intact', async (shards) => {
    using lab = createLab();
    const dataplane = createKernelDataplane({ gateway: { device: labDevice, shards }, netns: lab.netns });
    const classId = classIdOfSlot((shards - 1) * 0x10000 + 0xffff, shards);
    const desired = {
      ...fullState,
      classOf: new Map([['10.0.0.255', classId]]),
      classes: new Map([[classId, '5Mbit']]),
    };
    await dataplane.write(diffState(desired, await dataplane.read()), fakeHeld());
    const actual = await dataplane.read();
    expect([actual.nft, actual.tc]).toEqual([{ kind: 'intact' }, { kind: 'intact' }]);
    expect(digestOf(actual)).toBe(digestOf(desired));
  });

  test('the network namespace of a process is entered by its pid', async () => {
    using lab = createLab();
    await using owner = await namespaceOwner('nsenter', `--net=/run/netns/${lab.netns}`);
    const gateway = { device: labDevice, shards: 1 };
    const dataplane = createKernelDataplane({ gateway, netns: `pid:${owner.pid}` });
    await dataplane.write(
      diffState({ ...fullState, classes: new Map() }, await dataplane.read()),
      fakeHeld(),
    );
    expect(lab.run('nft', 'list', 'table', 'inet', 'holdfast')).toContain('10.0.0.3');
  });

  test('an unshared user namespace is entered with its network and can be shaped', async () => {
    const addLink = `ip link add ${labDevice} type veth peer name p0; ip link set ${labDevice} up`;
    await using owner = await namespaceOwner('unshare', '-rn', 'sh', '-c', `${addLink}; exec "$@"`, 'sh');
    const gateway = { device: labDevice, shards: contractShards };
    const dataplane = createKernelDataplane({ gateway, netns: `pid:${owner.pid}` });
    await dataplane.write(diffState(fullState, await dataplane.read()), fakeHeld());
    const actual = await dataplane.read();
    expect([actual.nft.kind, actual.tc.kind]).toEqual(['intact', 'intact']);
    expect(digestOf(actual)).toBe(digestOf(fullState));
  });

  test('every IPv6 address reads back as it was written', async () => {
    using lab = createLab();
    const dataplane = createKernelDataplane({ gateway: { device: labDevice, shards: 1 }, netns: lab.netns });
    const words = fc.array(fc.constantFrom(0, 0, 0, 1, 0xffff, 0xabc), { minLength: 8, maxLength: 8 });
    const restricted = new Set<string>();
    for (const sample of fc.sample(words, { numRuns: 500, seed: 7 })) {
      restricted.add(canonicalAddress(sample.map((word) => word.toString(16)).join(':')) ?? 'invalid');
    }
    const desired = { restricted, classOf: new Map<string, string>(), classes: new Map<string, string>() };
    await dataplane.write(diffState(desired, await dataplane.read()), fakeHeld());
    expect(digestOf(await dataplane.read())).toBe(digestOf(desired));
    for (const address of [...restricted].slice(0, 40)) {
      const found = lab.run('nft', 'get', 'element', 'inet', 'holdfast', 'restricted6', `{ ${address} }`);
      expect(found).toContain(` ${address} `);
    }
  });

  test('every rate reads back as it was written', async () => {
    using lab = createLab();
    const dataplane = createKernelDataplane({ gateway: { device: labDevice, shards: 1 }, netns: lab.netns });
    const kbit = [1, 2, 7, 64, 999, 1_000, 1_001, 12_345, 999_999, 1_000_000, 1_234_567, 40_000_001, 1e9];
    const classes = new Map(kbit.map((rate, n) => [`1:${(n + 1).toString(16)}`, formatTcRate(rate * 1_000)]));
    const desired = { restricted: new Set<string>(), classOf: new Map<string, string>(), classes };
    await dataplane.write(diffState(desired, await dataplane.read()), fakeHeld());
    expect((await dataplane.read()).classes).toEqual(classes);
  });
});

/** A process in a namespace of its own, ready, until it is disposed of. */
async function namespaceOwner(...entry: readonly [string, ...string[]]) {
  const [command, ...args] = entry;
  const wait = ['sh', '-c', 'echo ready; exec sleep 60'];
  const child = spawn(command, [...args, ...wait], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  return {
    pid: child.pid ?? 0,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
