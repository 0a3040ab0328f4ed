/** Whatever somebody else does to our table or tree is found, named, and repaired to the same dump as before. */

import { fakeHeld } from '@holdfast/base/fake-held';
import {
  createKernelDataplane,
  type Dataplane,
  diffState,
  digestOf,
  isEmpty,
} from '@holdfast/gateway-policy';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { contractShards, fullState } from '../../packages/gateway-policy/src/contract-states.ts';
import { addDevice, createLab, type Lab, labDevice, labSkipReason } from '../support/network-lab.ts';

type Found = 'intact' | 'damaged' | 'missing';

interface Tampering {
  readonly what: string;
  readonly nft?: string;
  readonly tc?: string;
  readonly found: readonly [nft: Found, tc: Found];
}

const tamperings: readonly Tampering[] = [
  {
    what: 'a foreign rule',
    nft: 'add rule inet holdfast forward ip saddr 1.2.3.4 accept',
    found: ['damaged', 'intact'],
  },
  {
    what: 'a repeated rule',
    nft: 'add rule inet holdfast forward ip saddr @restricted4 drop',
    found: ['damaged', 'intact'],
  },
  {
    what: 'a rule in front',
    nft: 'insert rule inet holdfast forward accept',
    found: ['damaged', 'intact'],
  },
  { what: 'an empty chain', nft: 'flush chain inet holdfast forward', found: ['damaged', 'intact'] },
  {
    what: 'a deleted chain',
    nft: 'flush chain inet holdfast forward\ndelete chain inet holdfast forward',
    found: ['damaged', 'intact'],
  },
  {
    what: 'a foreign chain',
    nft: 'add chain inet holdfast other',
    found: ['damaged', 'intact'],
  },
  {
    what: 'a foreign set',
    nft: 'add set inet holdfast other { type ipv4_addr; }',
    found: ['damaged', 'intact'],
  },
  {
    what: 'an altered policy',
    nft: 'add chain inet holdfast forward { type filter hook forward priority 0; policy drop; }',
    found: ['damaged', 'intact'],
  },
  {
    what: 'a dormant table',
    nft: 'add table inet holdfast { flags dormant; }',
    found: ['damaged', 'intact'],
  },
  {
    what: 'a deleted shard mark',
    nft: 'delete element inet holdfast shard { 3:0 }',
    found: ['damaged', 'intact'],
  },
  { what: 'a deleted table', nft: 'delete table inet holdfast', found: ['missing', 'intact'] },
  {
    what: 'a foreign restricted address',
    nft: 'add element inet holdfast restricted4 { 9.9.9.9 }',
    found: ['intact', 'intact'],
  },
  {
    what: 'a lifted restriction',
    nft: 'delete element inet holdfast restricted6 { fd00::5 }',
    found: ['intact', 'intact'],
  },
  {
    what: 'a foreign mapping with a comment',
    nft: 'add element inet holdfast class4 { 9.9.9.9 comment "mine" : 3:1 }',
    found: ['intact', 'intact'],
  },
  {
    what: 'a mapping to another class',
    nft: 'delete element inet holdfast class4 { 10.0.0.1 }\nadd element inet holdfast class4 { 10.0.0.1 : 4:1f }',
    found: ['intact', 'intact'],
  },
  {
    what: 'a foreign class',
    tc: 'class add dev d0 parent 3: classid 3:99 htb rate 1mbit',
    found: ['intact', 'intact'],
  },
  {
    what: 'a foreign class of the root',
    tc: 'class add dev d0 parent 1: classid 1:99 htb rate 1mbit',
    found: ['intact', 'intact'],
  },
  {
    what: 'an altered rate',
    tc: 'class change dev d0 parent 3: classid 3:1 htb rate 9mbit',
    found: ['intact', 'intact'],
  },
  {
    what: 'an altered ceiling',
    tc: 'class change dev d0 parent 3: classid 3:1 htb rate 5mbit ceil 50mbit',
    found: ['intact', 'intact'],
  },
  { what: 'a deleted class', tc: 'class del dev d0 classid 3:1', found: ['intact', 'intact'] },
  {
    what: 'an altered shard',
    tc: 'class change dev d0 parent 1: classid 1:2 htb rate 1mbit',
    found: ['intact', 'damaged'],
  },
  {
    what: 'a class below a class',
    tc: 'class add dev d0 parent 3:1 classid 3:99 htb rate 1mbit',
    found: ['intact', 'damaged'],
  },
  {
    what: 'a qdisc below a class',
    tc: 'qdisc add dev d0 parent 3:1 handle 777: pfifo limit 10',
    found: ['intact', 'damaged'],
  },
  {
    what: 'an HTB with a class below a class',
    tc: 'qdisc add dev d0 parent 3:1 handle 777: htb\nclass add dev d0 parent 777: classid 777:1 htb rate 1mbit',
    found: ['intact', 'damaged'],
  },
  { what: 'a deleted leaf', tc: 'qdisc del dev d0 parent 1:2', found: ['intact', 'damaged'] },
  {
    what: 'a foreign filter',
    tc: 'filter add dev d0 parent 1: protocol ip prio 1 u32 ht 2:7: match u32 1 0xff flowid 1:1',
    found: ['intact', 'damaged'],
  },
  {
    what: 'a filter to another shard',
    tc: 'filter change dev d0 parent 1: protocol ip prio 1 handle 2:7:800 u32 flowid 1:1',
    found: ['intact', 'damaged'],
  },
  { what: 'no IPv4 filters', tc: 'filter del dev d0 parent 1: prio 1', found: ['intact', 'damaged'] },
  { what: 'no IPv6 filter', tc: 'filter del dev d0 parent 1: prio 2', found: ['intact', 'damaged'] },
  { what: 'a deleted root', tc: 'qdisc del dev d0 root', found: ['intact', 'missing'] },
  {
    what: 'a foreign root',
    tc: 'qdisc del dev d0 root\nqdisc add dev d0 root tbf rate 1mbit burst 5k latency 50ms',
    found: ['intact', 'damaged'],
  },
  {
    what: 'a foreign HTB',
    tc: 'qdisc del dev d0 root\nqdisc add dev d0 root handle 1: htb default 5\nclass add dev d0 parent 1: classid 1:5 htb rate 1mbit',
    found: ['intact', 'damaged'],
  },
];

const skipReason = labSkipReason();

describe.skipIf(skipReason !== undefined)(`kernel drift (${skipReason ?? 'as root'})`, () => {
  let lab: Lab;
  let dataplane: Dataplane;
  let before: string;

  beforeEach(async () => {
    lab = createLab();
    dataplane = createKernelDataplane({
      gateway: { device: labDevice, shards: contractShards },
      netns: lab.netns,
    });
    await dataplane.write(diffState(fullState, await dataplane.read()), fakeHeld());
    before = await dataplane.dump();
  });
  afterEach(() => lab?.[Symbol.dispose]());

  const expectRepair = async (found: readonly [Found, Found]) => {
    const actual = await dataplane.read();
    expect([actual.nft.kind, actual.tc.kind]).toEqual(found);
    const changes = diffState(fullState, actual);
    expect(isEmpty(changes)).toBe(false);
    await dataplane.write(changes, fakeHeld());
    const repaired = await dataplane.read();
    expect(isEmpty(diffState(fullState, repaired))).toBe(true);
    expect(digestOf(repaired)).toBe(digestOf(fullState));
    expect(await dataplane.dump()).toBe(before);
  };

  test.each(tamperings)('$what is found and repaired', async ({ nft, tc, found }) => {
    if (nft !== undefined) lab.script('nft', nft);
    if (tc !== undefined) lab.script('tc', tc);
    await expectRepair(found);
  });

  test('a device that was made anew gets its tree back', async () => {
    lab.run('ip', 'link', 'del', labDevice);
    addDevice(lab);
    await expectRepair(['intact', 'missing']);
  });

  test('another number of shards is a rebuild', async () => {
    const resharded = createKernelDataplane({
      gateway: { device: labDevice, shards: 2 },
      netns: lab.netns,
    });
    const actual = await resharded.read();
    expect([actual.nft.kind, actual.tc.kind]).toEqual(['damaged', 'damaged']);
  });

  test('ingress qdiscs and other tables are left alone through rebuilds', async () => {
    lab.script(
      'nft',
      'table inet other { set s { type ipv4_addr; elements = { 10.0.0.3 } }\n chain c { ip saddr @s drop\n }\n }',
    );
    lab.script('tc', 'qdisc add dev d0 clsact');
    const other = lab.run('nft', '-a', 'list', 'table', 'inet', 'other');
    const actual = await dataplane.read();
    expect(isEmpty(diffState(fullState, actual))).toBe(true);
    lab.script('nft', 'insert rule inet holdfast forward accept');
    lab.script('tc', 'filter del dev d0 parent 1: prio 1');
    await dataplane.write(diffState(fullState, await dataplane.read()), fakeHeld());
    expect(isEmpty(diffState(fullState, await dataplane.read()))).toBe(true);
    expect(lab.run('nft', '-a', 'list', 'table', 'inet', 'other')).toBe(other);
    expect(lab.run('tc', 'qdisc', 'show', 'dev', labDevice)).toContain('clsact');
  });
});
