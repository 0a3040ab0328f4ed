/**
 * The devices under a policy: one that was set down, and what stays behind on them when a gateway gets another device or
 * layout. Both are found, named and put right; what belongs to somebody else is left alone.
 */
import { HoldfastError } from '@holdfast/base';
import { fakeHeld } from '@holdfast/base/fake-held';
import {
  createKernelDataplane,
  type Dataplane,
  type DataplaneStep,
  diffState,
  digestOf,
  driftOf,
  isEmpty,
  type PolicyState,
} from '@holdfast/gateway-policy';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  contractShards,
  fullState,
  perInterface,
  sharedDeviceWithUpload,
} from '../../packages/gateway-policy/src/contract-states.ts';
import { addSessionDevices, createLab, type Lab, labDevice, labSkipReason } from '../support/network-lab.ts';

const skipReason = labSkipReason();
const { full } = sharedDeviceWithUpload;
const upload = 'holdfast-up';

describe.skipIf(skipReason !== undefined)(`kernel devices (${skipReason ?? 'as root'})`, () => {
  let lab: Lab;
  let written: string[];

  beforeEach(() => {
    lab = createLab();
    written = [];
  });
  afterEach(() => lab?.[Symbol.dispose]());

  const shared = (device: string = labDevice) =>
    createKernelDataplane({
      gateway: { device, shards: contractShards },
      netns: lab.netns,
      onCommand: (argv, writes) => {
        if (writes) written.push(argv.join(' '));
      },
    });
  const ownDevices = () =>
    createKernelDataplane({ gateway: { layout: 'per-interface', device: '', shards: 0 }, netns: lab.netns });
  const settle = async (dataplane: Dataplane, desired: PolicyState) => {
    await dataplane.write(diffState(desired, await dataplane.read()), fakeHeld());
  };
  const driftFrom = async (dataplane: Dataplane, desired: PolicyState) =>
    driftOf(diffState(desired, await dataplane.read())).map(({ object, actual }) => `${object}: ${actual}`);
  const expectSettled = async (dataplane: Dataplane, desired: PolicyState) => {
    const actual = await dataplane.read();
    expect(driftOf(diffState(desired, actual))).toEqual([]);
    expect(digestOf(actual)).toBe(digestOf(desired));
  };
  const isUp = (device: string) => /<[^>]*\bUP\b/.test(lab.run('ip', 'link', 'show', 'dev', device));
  const dieBefore = (step: DataplaneStep) => (reached: DataplaneStep) => {
    if (reached === step) throw new HoldfastError('LOCK_LOST', 'killed');
  };

  test('an upload device that was set down is found, and set up again with its tree as it was', async () => {
    const dataplane = shared();
    await settle(dataplane, full);
    const before = await dataplane.dump();
    lab.run('ip', 'link', 'set', upload, 'down');
    expect(await driftFrom(dataplane, full)).toEqual([`device ${upload}: down`]);
    written = [];
    await settle(dataplane, full);
    expect(isUp(upload)).toBe(true);
    expect(written).toHaveLength(1);
    await expectSettled(dataplane, full);
    expect(await dataplane.dump()).toBe(before);
  });

  test('a gateway’s device that was set down is told of, and left as its owner wants it', async () => {
    const dataplane = shared();
    await settle(dataplane, full);
    lab.run('ip', 'link', 'set', labDevice, 'down');
    expect(await driftFrom(dataplane, full)).toEqual([`device ${labDevice}: left alone: down`]);
    expect(isEmpty(diffState(full, await dataplane.read()))).toBe(true);
    expect(isUp(labDevice)).toBe(false);
    lab.run('ip', 'link', 'set', labDevice, 'up');
    await expectSettled(dataplane, full);
  });

  test('a device without a carrier is up', async () => {
    const dataplane = shared();
    await settle(dataplane, full);
    lab.run('ip', 'link', 'set', 'p0', 'down');
    await expectSettled(dataplane, full);
  });

  describe('a gateway that gets another device', () => {
    beforeEach(() => addSessionDevices(lab, ['d1']));

    test('leads upload from there, and leaves no tree behind', async () => {
      await settle(shared(), full);
      const moved = shared('d1');
      expect(await driftFrom(moved, full)).toContain(`tree of ${labDevice}: left behind`);
      await settle(moved, full);
      await expectSettled(moved, full);
      expect(lab.run('nft', 'list', 'table', 'netdev', 'holdfast')).toContain('device "d1"');
      expect(lab.run('tc', 'class', 'show', 'dev', labDevice)).toBe('');
    });

    test('leaves a tree alone that somebody else has put there since', async () => {
      await settle(shared(), full);
      const foreign = 'qdisc add dev d0 root handle 1: htb default 7';
      lab.script('tc', `qdisc del dev d0 root\n${foreign}`);
      const before = lab.run('tc', 'qdisc', 'show', 'dev', labDevice);
      const moved = shared('d1');
      await settle(moved, full);
      await expectSettled(moved, full);
      expect(lab.run('tc', 'qdisc', 'show', 'dev', labDevice)).toBe(before);
    });

    test('is done when the old device is gone', async () => {
      await settle(shared(), full);
      lab.run('ip', 'link', 'del', labDevice);
      const moved = shared('d1');
      await settle(moved, full);
      await expectSettled(moved, full);
    });

    test.each(['tc-add', 'nft'] as const)('leaves nothing unknown when it dies before %s', async (step) => {
      await settle(shared(), full);
      const moved = shared('d1');
      const changes = diffState(full, await moved.read());
      await expect(moved.write(changes, fakeHeld(), dieBefore(step))).rejects.toMatchObject({
        code: 'LOCK_LOST',
      });
      await settle(moved, full);
      await expectSettled(moved, full);
      expect(lab.run('tc', 'class', 'show', 'dev', labDevice)).toBe('');
    });
  });

  describe('a gateway that gets another layout', () => {
    const own = perInterface.full;
    beforeEach(() => addSessionDevices(lab, ['ppp0', 'ppp1', 'ppp2']));

    test('with devices of sessions has neither tree nor way of upload any more', async () => {
      await settle(shared(), full);
      const dataplane = ownDevices();
      expect(await driftFrom(dataplane, own)).toEqual(
        expect.arrayContaining([`tree of ${labDevice}: left behind`, `device ${upload}: left behind`]),
      );
      await settle(dataplane, own);
      await expectSettled(dataplane, own);
      expect(lab.run('nft', 'list', 'tables')).toBe('table inet holdfast\n');
      expect(lab.run('ip', '-brief', 'link')).not.toContain(upload);
      expect(lab.run('tc', 'class', 'show', 'dev', labDevice)).toBe('');
    });

    test('with one device for all shapes no device of a session any more', async () => {
      await settle(ownDevices(), own);
      const dataplane = shared();
      expect(await driftFrom(dataplane, fullState)).toContain('qdisc of ppp0: left behind');
      await settle(dataplane, fullState);
      await expectSettled(dataplane, fullState);
      expect(lab.run('tc', 'qdisc', 'show')).not.toContain('4846:');
    });

    test('removes an upload device that a run which died has left', async () => {
      await settle(shared(), full);
      const dataplane = ownDevices();
      const changes = diffState(own, await dataplane.read());
      const outcome = dataplane.write(changes, fakeHeld(), dieBefore('tc-remove'));
      await expect(outcome).rejects.toMatchObject({ code: 'LOCK_LOST' });
      expect(await driftFrom(dataplane, own)).toEqual([`device ${upload}: left behind`]);
      await settle(dataplane, own);
      await expectSettled(dataplane, own);
      expect(lab.run('ip', '-brief', 'link')).not.toContain(upload);
    });
  });
});
