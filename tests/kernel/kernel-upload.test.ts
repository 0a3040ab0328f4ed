/** Whatever somebody else does to the way of upload is found, named, and repaired; who has no limit does not get one. */
import { fakeHeld } from '@holdfast/base/fake-held';
import {
  createKernelDataplane,
  type Dataplane,
  deltaOf,
  diffState,
  digestOf,
  driftOf,
  isEmpty,
} from '@holdfast/gateway-policy';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  contractShards,
  fullState,
  nothing,
  sharedDeviceWithUpload,
} from '../../packages/gateway-policy/src/contract-states.ts';
import { addDevice, createLab, type Lab, labDevice, labSkipReason } from '../support/network-lab.ts';
import { commandScript } from './command-script.ts';

const skipReason = labSkipReason();
const { full } = sharedDeviceWithUpload;

/** Found: the way of upload as a whole; an element or class of it alone is no damage. */
const tamperings = [
  ['a deleted table', 'nft', 'delete table netdev holdfast', 'damaged'],
  ['a flushed chain', 'nft', 'flush chain netdev holdfast upload', 'damaged'],
  ['a rule in front', 'nft', 'insert rule netdev holdfast upload accept', 'damaged'],
  ['a foreign upload', 'nft', 'add element netdev holdfast class4 { 9.9.9.9 : 3:1 }', 'intact'],
  ['a lifted limit', 'nft', 'delete element netdev holdfast class6 { fd00::1 }', 'intact'],
  ['a deleted tree', 'tc', 'qdisc del dev holdfast-up root', 'damaged'],
  ['a foreign tree', 'tc', 'qdisc replace dev holdfast-up root handle 9: pfifo limit 9', 'damaged'],
  ['a deleted class', 'tc', 'class del dev holdfast-up classid 3:1', 'intact'],
  ['a foreign class', 'tc', 'class add dev holdfast-up parent 3: classid 3:99 htb rate 1mbit', 'intact'],
  ['an altered rate', 'tc', 'class change dev holdfast-up parent 3: classid 3:1 htb rate 9mbit', 'intact'],
  ['no filter', 'tc', 'filter del dev holdfast-up parent 1: prio 1', 'damaged'],
] as const;

describe.skipIf(skipReason !== undefined)(`kernel upload (${skipReason ?? 'as root'})`, () => {
  let lab: Lab;
  let dataplane: Dataplane;
  const open = (commands = {}) =>
    createKernelDataplane({
      gateway: { device: labDevice, shards: contractShards },
      netns: lab.netns,
      commands,
    });
  const settle = async (desired = full) => {
    await dataplane.write(diffState(desired, await dataplane.read()), fakeHeld());
  };
  beforeEach(() => {
    lab = createLab();
    dataplane = open();
  });
  afterEach(() => lab?.[Symbol.dispose]());

  const expectRepair = async (found: 'intact' | 'damaged' | 'missing', before: string) => {
    const actual = await dataplane.read();
    const changes = diffState(full, actual);
    expect([actual.nft.kind, actual.upload?.kind]).toEqual(['intact', found]);
    expect([isEmpty(changes), driftOf(changes).length > 0]).toEqual([false, true]);
    await settle();
    expect(digestOf(await dataplane.read())).toBe(digestOf(full));
    expect(isEmpty(diffState(full, await dataplane.read()))).toBe(true);
    expect(await dataplane.dump()).toBe(before);
  };

  test.each(tamperings)('%s is found and repaired', async (_what, command, script, found) => {
    await settle();
    const before = await dataplane.dump();
    lab.script(command, script);
    await expectRepair(found, before);
  });

  test('an upload device that was deleted is made again, with its table', async () => {
    await settle();
    const before = await dataplane.dump();
    lab.run('ip', 'link', 'del', 'holdfast-up');
    await expectRepair('missing', before);
  });

  test('a gateway whose device was deleted and made anew gets everything back', async () => {
    await settle();
    const before = await dataplane.dump();
    lab.run('ip', 'link', 'del', labDevice);
    addDevice(lab);
    await settle();
    expect(digestOf(await dataplane.read())).toBe(digestOf(full));
    expect(await dataplane.dump()).toBe(before);
  });

  test('a gateway without upload limits builds nothing for them', async () => {
    await settle(fullState);
    expect((await dataplane.read()).upload).toEqual({ kind: 'missing' });
    expect(lab.run('ip', '-brief', 'link')).not.toContain('holdfast-up');
    expect(lab.run('nft', 'list', 'tables')).toBe('table inet holdfast\n');
  });

  test('what carries upload stays when the last limit goes, and is no difference', async () => {
    await settle();
    await settle(nothing);
    const actual = await dataplane.read();
    expect(actual.upload).toEqual({ kind: 'intact' });
    expect(isEmpty(diffState(nothing, actual))).toBe(true);
  });

  test('the first upload limit is no delta: it is refused, and a full write builds its way', async () => {
    await settle(fullState);
    const before = await dataplane.dump();
    const delta = dataplane.writeDelta(deltaOf(fullState, full), fakeHeld());
    await expect(delta).rejects.toMatchObject({ code: 'DATAPLANE_FAILED' });
    expect(await dataplane.dump()).toBe(before);
    await settle();
    expect(digestOf(await dataplane.read())).toBe(digestOf(full));
  });

  test('a refused transaction takes the upload device back', async () => {
    await settle(fullState);
    const before = await dataplane.dump();
    using nft = commandScript('case "$1" in -f) cat >/dev/null; exit 1;; *) exec nft "$@";; esac');
    const changes = diffState(full, await dataplane.read());
    const outcome = open({ nft: nft.path }).write(changes, fakeHeld());
    await expect(outcome).rejects.toMatchObject({ code: 'DATAPLANE_FAILED' });
    expect(await dataplane.dump()).toBe(before);
    expect(lab.run('ip', '-brief', 'link')).not.toContain('holdfast-up');
  });

  test('a missing ip is unavailable', async () => {
    const outcome = open({ ip: '/nonexistent/ip' }).read();
    await expect(outcome).rejects.toMatchObject({ code: 'DATAPLANE_UNAVAILABLE' });
  });
});
