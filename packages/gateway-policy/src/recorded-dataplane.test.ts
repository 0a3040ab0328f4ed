import { HoldfastError } from '@holdfast/base';
import { fakeHeld } from '@holdfast/base/fake-held';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countChanges, isEmpty } from './changes.ts';
import type { Fault } from './contract-dataplane.ts';
import {
  contractShards,
  fullState,
  perInterface,
  sharedDevice,
  sharedDeviceWithUpload,
} from './contract-states.ts';
import { describeDataplane } from './dataplane-contract.ts';
import { diffState } from './diff-state.ts';
import type { PolicyState } from './policy-state.ts';
import { createRecordedDataplane, type RecordedStore } from './recorded-dataplane.ts';
import { digestOf } from './state-digest.ts';

function fakeStore(initial?: string): RecordedStore & { text: () => string | undefined } {
  let text = initial;
  return {
    text: () => text,
    read: async () => text,
    write: async (next) => {
      text = next;
    },
  };
}

/** The same store, which goes wrong at every write. */
function faultyStore(store: RecordedStore, fault: Fault): RecordedStore {
  const write = async (text: string) => {
    if (fault !== 'refusing') await store.write(text);
    if (fault !== 'slow') throw new HoldfastError('DATAPLANE_FAILED', fault);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { ...store, write };
}

for (const states of [sharedDevice, sharedDeviceWithUpload, perInterface]) {
  describeDataplane('recorded', states, async () => {
    const store = fakeStore();
    const { layout } = states;
    return {
      dataplane: createRecordedDataplane({ store, layout }),
      faulty: (fault) => createRecordedDataplane({ store: faultyStore(store, fault), layout }),
      [Symbol.asyncDispose]: async () => undefined,
    };
  });
}

const address = fc.integer({ min: 1, max: 40 }).map((n) => (n % 3 === 0 ? `fd00::${n}` : `10.0.0.${n}`));
const classId = fc
  .tuple(fc.integer({ min: 0, max: contractShards - 1 }), fc.integer({ min: 1, max: 9 }))
  .map(([shard, minor]) => `${shard + 2}:${minor}`);
const rate = fc.constantFrom('1Mbit', '2Mbit', '64Kbit');
const state: fc.Arbitrary<PolicyState> = fc.record({
  restricted: fc.array(address).map((list) => new Set(list)),
  classOf: fc.array(fc.tuple(address, classId)).map((list) => new Map(list)),
  classes: fc.array(fc.tuple(classId, rate)).map((list) => new Map(list)),
});

describe('recorded dataplane', () => {
  test('every sequence of states is reached by its differences', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(state, { minLength: 1, maxLength: 4 }), async (states) => {
        const dataplane = createRecordedDataplane({ store: fakeStore() });
        for (const desired of states) {
          await dataplane.write(diffState(desired, await dataplane.read()), fakeHeld());
          const actual = await dataplane.read();
          expect(digestOf(actual)).toBe(digestOf(desired));
          expect(isEmpty(diffState(desired, actual))).toBe(true);
          expect(countChanges(diffState(desired, actual))).toEqual({ nft: 0, tc: 0 });
        }
      }),
    );
  });

  test('the document records each effect in order', async () => {
    const store = fakeStore();
    const dataplane = createRecordedDataplane({ store });
    await dataplane.write(diffState(fullState, await dataplane.read()), fakeHeld());
    expect(JSON.parse(store.text() ?? '').writes).toEqual([
      { step: 'tc-add', objects: 3 },
      { step: 'nft', objects: 8 },
    ]);
  });

  test.each(['', '{', '[]', '{"version":2}', '{"version":1,"nft":null,"tc":{},"writes":[]}'])(
    'a document %j is an error, never an empty dataplane',
    async (text) => {
      const dataplane = createRecordedDataplane({ store: fakeStore(text) });
      await expect(dataplane.read()).rejects.toMatchObject({ code: 'DATAPLANE_FAILED' });
    },
  );
});
