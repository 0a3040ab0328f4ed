/**
 * Whether this kernel can carry a policy, by giving it one: a small state of each layout is built by the dataplane itself
 * in a namespace of its own, and read back. What fails here would fail in a run.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isHoldfastError } from '@holdfast/base';
import {
  classIdOfSlot,
  createKernelDataplane,
  diffState,
  driftOf,
  type PolicyState,
} from '@holdfast/gateway-policy';
import { LockRunner } from '@holdfast/lock-runner';
import type { OwnNamespace } from './own-namespace.ts';

export type Layout = 'shared-device' | 'per-interface';

/** @returns what went wrong; undefined when the state is live as it was wanted */
export async function proveDataplane(
  { netns, devices }: OwnNamespace,
  layout: Layout,
  state: PolicyState,
): Promise<string | undefined> {
  const [device] = devices;
  const dataplane = createKernelDataplane({ gateway: { layout, device, shards }, netns, timeoutMs: 5_000 });
  const runner = new LockRunner({ directory: join(tmpdir(), 'unused'), backend: 'process' });
  try {
    return await runner.run(`doctor:${netns}`, { waitMs: 0 }, async (held) => {
      const changes = diffState(state, await dataplane.read());
      await dataplane.check(changes);
      await dataplane.write(changes, held);
      const [first] = driftOf(diffState(state, await dataplane.read()));
      return first && `${first.object}: wrote ${first.expected}, read ${first.actual ?? 'nothing'}`;
    });
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return error.message;
  } finally {
    await runner.close();
  }
}

const shards = 4;
const rate = '5Mbit';
const [blocked, shaped] = [
  ['192.0.2.1', '2001:db8::1'],
  ['192.0.2.5', '2001:db8::5'],
] as const;

/** A table with sets and maps of both families, and HTB classes. */
export function sharedState(hasUpload: boolean): PolicyState {
  const classId = classIdOfSlot(0x1_0001, shards);
  const ways = hasUpload ? ['', '/up'] : [''];
  return {
    restricted: new Set(blocked),
    classOf: new Map(
      ways.flatMap((way) => shaped.map((address) => [`${address}${way}`, `${classId}${way}`] as const)),
    ),
    classes: new Map(ways.map((way) => [`${classId}${way}`, rate] as const)),
  };
}

/** A table with limits per device, and a TBF. */
export function deviceState({ devices: [, device] }: OwnNamespace): PolicyState {
  return {
    restricted: new Set(blocked),
    classOf: new Map([[`${device}/up`, rate]]),
    classes: new Map([[device, rate]]),
  };
}
