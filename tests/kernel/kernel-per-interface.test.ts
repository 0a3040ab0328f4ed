/** Sessions with devices of their own: what is ours is kept right, what is not is left alone, and devices come and go. */
import { fakeHeld } from '@holdfast/base/fake-held';
import {
  createKernelDataplane,
  type Dataplane,
  deltaOf,
  diffState,
  digestOf,
  driftOf,
  isEmpty,
  type KernelDataplaneOptions,
} from '@holdfast/gateway-policy';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { contractDevices, nothing, perInterface } from '../../packages/gateway-policy/src/contract-states.ts';
import { addSessionDevices, createEmptyLab, type Lab, labSkipReason } from '../support/network-lab.ts';
import { commandScript } from './command-script.ts';

const skipReason = labSkipReason();
const { full } = perInterface;

const tamperings = [
  ['an altered rate', 'tc', 'qdisc change dev ppp0 root handle 4846: tbf rate 9mbit burst 5k limit 9k'],
  ['a deleted limit', 'tc', 'qdisc del dev ppp0 root'],
  [
    'a limit of ours on another device',
    'tc',
    'qdisc add dev ppp5 root handle 4846: tbf rate 9mbit burst 5k limit 9k',
  ],
  ['a lifted restriction', 'nft', 'delete element inet holdfast restricted6 { fd00::5 }'],
  ['a lifted upload limit', 'nft', 'delete element inet holdfast upload { "ppp0" }'],
  [
    'a foreign upload limit',
    'nft',
    'add element inet holdfast upload { "eth9" limit rate over 9 mbytes/second burst 9 kbytes }',
  ],
  [
    'an upload limit of another kind',
    'nft',
    'add element inet holdfast upload { "eth9" limit rate 9/minute }',
  ],
  ['a flushed chain', 'nft', 'flush chain inet holdfast forward'],
  ['a flushed ruleset', 'nft', 'flush ruleset'],
] as const;

describe.skipIf(skipReason !== undefined)(`kernel per interface (${skipReason ?? 'as root'})`, () => {
  let lab: Lab;
  let dataplane: Dataplane;
  const open = (options: Partial<KernelDataplaneOptions> = {}) =>
    createKernelDataplane({
      gateway: { layout: 'per-interface', device: '', shards: 0 },
      netns: lab.netns,
      ...options,
    });
  const settle = async (desired = full) => {
    await dataplane.write(diffState(desired, await dataplane.read()), fakeHeld());
  };
  const expectSettled = async (desired = full) => {
    expect(isEmpty(diffState(desired, await dataplane.read()))).toBe(true);
  };
  beforeEach(() => {
    lab = createEmptyLab();
    addSessionDevices(lab, contractDevices);
    dataplane = open();
  });
  afterEach(() => lab?.[Symbol.dispose]());

  test.each(tamperings)('%s is found and repaired', async (_what, command, script) => {
    await settle();
    const before = await dataplane.dump();
    lab.script(command, script);
    expect(isEmpty(diffState(full, await dataplane.read()))).toBe(false);
    await settle();
    expect(digestOf(await dataplane.read())).toBe(digestOf(full));
    expect(await dataplane.dump()).toBe(before);
  });

  test('a device that was made anew gets its limit back', async () => {
    await settle();
    const before = await dataplane.dump();
    lab.run('ip', 'link', 'del', 'ppp0');
    addSessionDevices(lab, ['ppp0']);
    expect(driftOf(diffState(full, await dataplane.read()))).toMatchObject([
      { object: 'class ppp0', actual: null },
    ]);
    await settle();
    expect(await dataplane.dump()).toBe(before);
  });

  test('a device that is gone, or not there yet, is no difference', async () => {
    lab.run('ip', 'link', 'del', 'ppp0');
    lab.run('ip', 'link', 'set', 'ppp1', 'down');
    await settle();
    await expectSettled();
    addSessionDevices(lab, ['ppp0']);
    expect(driftOf(diffState(full, await dataplane.read()))).toMatchObject([{ object: 'class ppp0' }]);
  });

  test('devices that vanish between reading and writing are passed over, the others are shaped', async () => {
    const changes = diffState(full, await dataplane.read());
    lab.run('ip', 'link', 'del', 'ppp0');
    await dataplane.write(changes, fakeHeld());
    await expectSettled();
    expect([...(await dataplane.read()).classes.keys()].sort()).toEqual(['ppp1', 'ppp2']);
    const goodbye = diffState(nothing, await dataplane.read());
    for (const name of ['ppp1', 'ppp2']) lab.run('ip', 'link', 'del', name);
    await dataplane.write(goodbye, fakeHeld());
    await expectSettled(nothing);
  });

  test('a tc that is killed after it passed over a device has not ended well', async () => {
    const changes = diffState(full, await dataplane.read());
    using tc = commandScript(
      'case "$1" in -force) cat >/dev/null; printf "Cannot find device \\"ppp0\\"\\nCommand failed -:1\\n" >&2; kill -KILL $$;; *) exec tc "$@";; esac',
    );
    const outcome = open({ commands: { tc: tc.path } }).write(changes, fakeHeld());
    await expect(outcome).rejects.toMatchObject({
      code: 'DATAPLANE_FAILED',
      details: { outcome: 'unknown' },
    });
  });

  test('a device that vanishes in a delta is passed over', async () => {
    await settle();
    const { to } = perInterface.deltas.find(({ what }) => what.endsWith('both limits')) ?? { to: full };
    lab.run('ip', 'link', 'del', 'ppp5');
    await dataplane.writeDelta(deltaOf(full, to), fakeHeld());
    await expectSettled(to);
  });

  test('what others put on a device is left alone, reported, and no reason to try again', async () => {
    lab.script('tc', 'qdisc add dev ppp0 root handle 7: pfifo limit 9');
    lab.script('tc', 'qdisc add dev ppp3 root handle 8: tbf rate 1mbit burst 5k limit 9k');
    lab.script('tc', 'qdisc add dev ppp1 ingress');
    await settle();
    await expectSettled();
    expect(driftOf(diffState(full, await dataplane.read()))).toEqual([
      { layer: 'tc', object: 'class ppp0', expected: '5Mbit', actual: 'left alone: pfifo 7:' },
    ]);
    await settle(nothing);
    const shown = lab.run('tc', 'qdisc', 'show');
    for (const theirs of ['pfifo 7: dev ppp0', 'tbf 8: dev ppp3', 'ingress ffff: dev ppp1']) {
      expect(shown).toContain(theirs);
    }
  });

  test('a qdisc that somebody puts there between reading and writing is not replaced', async () => {
    const changes = diffState(full, await dataplane.read());
    const before = await dataplane.dump();
    lab.script('tc', 'qdisc add dev ppp0 root handle 7: pfifo limit 9');
    await expect(dataplane.write(changes, fakeHeld())).rejects.toMatchObject({
      code: 'DATAPLANE_FAILED',
      details: { lines: [1] },
    });
    lab.script('tc', 'qdisc del dev ppp0 root');
    expect(await dataplane.dump()).toBe(before);
  });

  test.each(['', 'oops', '{}', '[1]', '[{"root":true}]', '[{"root":true,"kind":"tbf"'])(
    'a tc that prints %j is an error, never an empty list',
    async (text) => {
      await settle();
      using tc = commandScript(`printf %s '${text}'`);
      await expect(open({ commands: { tc: tc.path } }).read()).rejects.toMatchObject({
        code: 'DATAPLANE_FAILED',
      });
    },
  );
});
