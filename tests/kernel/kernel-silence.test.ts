/** Reading, checking and writing nothing are silent on the kernel's own event channel. */

import { fakeHeld } from '@holdfast/base/fake-held';
import { createKernelDataplane, diffState } from '@holdfast/gateway-policy';
import { describe, expect, test } from 'vitest';
import { contractShards, fullState } from '../../packages/gateway-policy/src/contract-states.ts';
import { createLab, labDevice, labSkipReason } from '../support/network-lab.ts';
import { monitorNft } from '../support/nft-monitor.ts';

const skipReason = labSkipReason();

describe.skipIf(skipReason !== undefined)(`kernel silence (${skipReason ?? 'as root'})`, () => {
  test('only a write that changes something is heard by nft monitor', async () => {
    using lab = createLab();
    await using monitor = await monitorNft(lab);
    const writing: string[] = [];
    const dataplane = createKernelDataplane({
      gateway: { device: labDevice, shards: contractShards },
      netns: lab.netns,
      onCommand: (argv, writes) => void (writes && writing.push(argv.join(' '))),
    });
    const cold = diffState(fullState, await dataplane.read());
    await dataplane.check(cold);
    expect(await monitor.heard()).toEqual([]);

    await dataplane.write(cold, fakeHeld());
    const heard = await monitor.heard();
    expect(heard.filter((line) => line.startsWith('# new generation'))).toHaveLength(1);
    expect(heard.join('\n')).toContain('holdfast');

    writing.length = 0;
    await dataplane.write(diffState(fullState, await dataplane.read()), fakeHeld());
    await dataplane.dump();
    expect(await monitor.heard()).toEqual([]);
    expect(writing).toEqual([]);
  });

  test('a rebuild of a damaged table is one transaction', async () => {
    using lab = createLab();
    const dataplane = createKernelDataplane({
      gateway: { device: labDevice, shards: contractShards },
      netns: lab.netns,
    });
    await dataplane.write(diffState(fullState, await dataplane.read()), fakeHeld());
    lab.script('nft', 'insert rule inet holdfast forward accept');
    await using monitor = await monitorNft(lab);
    await dataplane.write(diffState(fullState, await dataplane.read()), fakeHeld());
    const heard = await monitor.heard();
    expect(heard.filter((line) => line.startsWith('# new generation'))).toHaveLength(1);
  });
});
