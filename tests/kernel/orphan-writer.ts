/**
 * A process that writes to the kernel with another nft, and passes its descriptor 3 on to it as the lock.
 *
 *   orphan-writer.ts NETNS NFT TIMEOUT_MS
 */
import { fakeHeld } from '@holdfast/base/fake-held';
import { createKernelDataplane, diffState } from '@holdfast/gateway-policy';
import { contractShards, fullState } from '../../packages/gateway-policy/src/contract-states.ts';
import { labDevice } from '../support/network-lab.ts';

const [netns = '', nft = '', timeoutMs = ''] = process.argv.slice(2);

const dataplane = createKernelDataplane({
  gateway: { device: labDevice, shards: contractShards },
  netns,
  commands: { nft },
  timeoutMs: Number(timeoutMs),
});
await dataplane.write(diffState(fullState, await dataplane.read()), fakeHeld({ descriptor: 3 }));
