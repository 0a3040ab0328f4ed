/** What goes wrong around the kernel is told apart, and a refused transaction leaves everything as it was. */

import { fakeHeld } from '@holdfast/base/fake-held';
import {
  createKernelDataplane,
  diffState,
  digestOf,
  type KernelDataplaneOptions,
  type PolicyState,
} from '@holdfast/gateway-policy';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { contractShards, fullState } from '../../packages/gateway-policy/src/contract-states.ts';
import { createLab, type Lab, labDevice, labSkipReason } from '../support/network-lab.ts';
import { commandScript } from './command-script.ts';

const skipReason = labSkipReason();

const otherState: PolicyState = {
  restricted: new Set(['10.0.0.9']),
  classOf: new Map([
    ['10.0.0.1', '3:2'],
    ['10.0.0.2', '4:1f'],
  ]),
  classes: new Map([
    ['3:2', '5Mbit'],
    ['4:1f', '9Mbit'],
  ]),
};

describe.skipIf(skipReason !== undefined)(`kernel failures (${skipReason ?? 'as root'})`, () => {
  let lab: Lab;
  beforeEach(() => {
    lab = createLab();
  });
  afterEach(() => lab?.[Symbol.dispose]());

  const open = (options: Partial<KernelDataplaneOptions> = {}) =>
    createKernelDataplane({
      gateway: { device: labDevice, shards: contractShards },
      netns: lab.netns,
      timeoutMs: 20_000,
      ...options,
    });
  const fill = async () => {
    const dataplane = open();
    await dataplane.write(diffState(fullState, await dataplane.read()), fakeHeld());
    return dataplane;
  };

  test('an ordinary user is not permitted', async () => {
    const asNobody = (name: string) => `exec setpriv --reuid 65534 --clear-groups ${name} "$@"`;
    using nft = commandScript(asNobody('nft'));
    using tc = commandScript(asNobody('tc'));
    const dataplane = open({ commands: { nft: nft.path, tc: tc.path } });
    await expect(dataplane.read()).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
    const changes = diffState(fullState, await open().read());
    await expect(dataplane.write(changes, fakeHeld())).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
    await expect(open({ commands: { tc: tc.path } }).write(changes, fakeHeld())).rejects.toMatchObject({
      code: 'NOT_PERMITTED',
    });
  });

  test.each(['nft', 'tc', 'nsenter'])('a missing %s is unavailable', async (name) => {
    const dataplane = open({ commands: { [name]: `/nonexistent/${name}` } });
    await expect(dataplane.read()).rejects.toMatchObject({ code: 'DATAPLANE_UNAVAILABLE' });
  });

  test('a missing device is unavailable and named', async () => {
    const dataplane = open({ gateway: { device: 'wg-none', shards: 1 } });
    await expect(dataplane.read()).rejects.toMatchObject({
      code: 'DEVICE_MISSING',
      details: { device: 'wg-none' },
    });
  });

  test.each(['hf-none', 'pid:4194305'])('a missing namespace %s is unavailable, not empty', async (netns) => {
    await expect(open({ netns }).read()).rejects.toMatchObject({ code: 'DATAPLANE_UNAVAILABLE' });
  });

  test.each(['../x', 'a/b', '', 'pid:x', '-n'])('a namespace %j is refused', async (netns) => {
    await expect(open({ netns }).read()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('a hung nft ends at the deadline and leaves no process', async () => {
    using nft = commandScript('sleep 60');
    const dataplane = open({ commands: { nft: nft.path }, timeoutMs: 300 });
    await expect(dataplane.read()).rejects.toMatchObject({ code: 'DATAPLANE_FAILED' });
    expect(lab.pids()).toEqual([]);
  });

  test.each([
    ['text that is not JSON', 'echo oops'],
    ['nothing', 'true'],
    ['another missing file', 'echo "nft: /etc/x: No such file or directory" >&2; exit 1'],
    ['JSON without a list', 'echo "{}"'],
    ['a list without our table', `echo '{"nftables": []}'`],
    ['a list that is cut off', 'nft "$@" | head -c 700'],
  ])('an nft that prints %s is an error, never an empty table', async (_what, body) => {
    await fill();
    using nft = commandScript(body);
    await expect(open({ commands: { nft: nft.path } }).read()).rejects.toMatchObject({
      code: 'DATAPLANE_FAILED',
    });
  });

  test.each([
    ['a foreign text', 'cat >/dev/null; echo oops'],
    ['a cut off line', 'tc "$@" | head -c 1500'],
  ])('a tc that prints %s is an error, never an empty tree', async (_what, body) => {
    await fill();
    using tc = commandScript(body);
    await expect(open({ commands: { tc: tc.path } }).read()).rejects.toMatchObject({
      code: 'DATAPLANE_FAILED',
    });
  });

  test('a command that prints without end is cut off', async () => {
    using nft = commandScript('exec yes');
    const dataplane = open({ commands: { nft: nft.path }, maxOutputBytes: 100_000 });
    await expect(dataplane.read()).rejects.toMatchObject({ code: 'DATAPLANE_FAILED' });
  });

  test('a transaction that passes its check and is then refused leaves nft and tc as they were', async () => {
    const intact = await fill();
    const before = await intact.dump();
    using nft = commandScript(
      'case "$1" in -f) cat >/dev/null; echo refused >&2; exit 1;; *) exec nft "$@";; esac',
    );
    const commands: string[] = [];
    const dataplane = open({
      commands: { nft: nft.path },
      onCommand: (argv, writes) => void (writes && commands.push(argv.includes('-batch') ? 'tc' : 'nft')),
    });
    const changes = diffState(otherState, await dataplane.read());
    await expect(dataplane.write(changes, fakeHeld())).rejects.toMatchObject({ code: 'DATAPLANE_FAILED' });
    expect(commands).toEqual(['tc', 'nft', 'tc']);
    expect(await intact.dump()).toBe(before);
  });

  test('an nft that commits and then fails keeps the classes that addresses now point at', async () => {
    await fill();
    using nft = commandScript('nft "$@" || exit; case "$1" in -f) exit 1;; esac');
    const dataplane = open({ commands: { nft: nft.path } });
    const changes = diffState(otherState, await dataplane.read());
    await expect(dataplane.write(changes, fakeHeld())).rejects.toMatchObject({ code: 'DATAPLANE_FAILED' });
    const live = await open().read();
    expect(live.classOf.get('10.0.0.1')).toBe('3:2');
    expect(live.classes.has('3:2')).toBe(true);
    const repair = open();
    await repair.write(diffState(otherState, await repair.read()), fakeHeld());
    expect(digestOf(await repair.read())).toBe(digestOf(otherState));
  });

  test('the order of effects is tc, nft, tc, after a check that writes nothing', async () => {
    await fill();
    const seen: string[] = [];
    const dataplane = open({
      onCommand: (argv, writes) => void seen.push(`${argv.slice(2).join(' ')}${writes ? ' writes' : ''}`),
    });
    const changes = diffState(otherState, await dataplane.read());
    seen.length = 0;
    await dataplane.write(changes, fakeHeld(), (step) => void seen.push(step));
    expect(seen).toEqual([
      'nft -c -f -',
      'tc-add',
      'timeout --signal=KILL 21 tc -batch - writes',
      'nft',
      'timeout --signal=KILL 21 nft -f - writes',
      'tc-remove',
      'timeout --signal=KILL 21 tc -batch - writes',
    ]);
  });
});
