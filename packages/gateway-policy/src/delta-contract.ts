/**
 * What every dataplane does alike with the few objects of one changed session: it changes exactly these, and says so when it
 * did not find them as it was told. Part of the contract in `dataplane-contract.ts`.
 */
import { isHoldfastError } from '@holdfast/base';
import { fakeHeld } from '@holdfast/base/fake-held';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Changes, DataplaneStep } from './changes.ts';
import { type OpenedDataplane, writeAll } from './contract-dataplane.ts';
import { type ContractStates, nothing } from './contract-states.ts';
import type { Dataplane } from './dataplane.ts';
import { deltaOf } from './delta-of.ts';
import { diffState } from './diff-state.ts';
import type { PolicyState } from './policy-state.ts';
import { digestOf } from './state-digest.ts';

export function describeDelta(
  name: string,
  { full, deltas }: ContractStates,
  open: () => Promise<OpenedDataplane>,
): void {
  describe(`${name}, one changed session`, () => {
    let opened: OpenedDataplane;
    let dataplane: Dataplane;
    beforeEach(async () => {
      opened = await open();
      dataplane = opened.dataplane;
      await writeAll(dataplane, full);
    });
    afterEach(() => opened?.[Symbol.asyncDispose]());

    /** Steps of a delta from the full state. */
    const apply = async (delta: Changes) => {
      const steps: DataplaneStep[] = [];
      await dataplane.writeDelta(delta, fakeHeld(), (step) => void steps.push(step));
      return steps;
    };
    const expectState = async (state: PolicyState) => {
      expect(digestOf(await dataplane.read())).toBe(digestOf(state));
    };

    test.each(deltas)('$what takes its own steps and leaves the rest', async ({ to, steps }) => {
      // The other sessions are not even named.
      expect(await apply({ ...deltaOf(full, to), desired: nothing })).toEqual(steps);
      await expectState(to);
      await apply(deltaOf(to, full));
      await expectState(full);
    });

    test('what somebody else has done already is refused or done', async () => {
      for (const { to } of deltas) {
        await writeAll(dataplane, to);
        await refusedOrDone(() => apply(deltaOf(full, to)), to);
      }
    });

    test('on a gateway that was emptied, what changes or removes is refused', async () => {
      await writeAll(dataplane, nothing);
      const before = await dataplane.dump();
      for (const { to } of deltas) {
        const delta = deltaOf(full, to);
        // What only adds has nothing to miss; the way back only removes then.
        const missing = isOnlyAddition(delta) ? deltaOf(to, full) : delta;
        expect(await codeOf(apply(missing))).toBe('DATAPLANE_FAILED');
        expect(await dataplane.dump()).toBe(before);
      }
    });

    test('a delta that finds one of its new elements there already is refused whole', async () => {
      const before = await dataplane.dump();
      const delta = deltaOf(full, { ...full, restricted: new Set([...full.restricted, '10.0.0.200']) });
      const twice = { ...delta, restricted: { add: ['10.0.0.200', '10.0.0.5'], remove: [] } };
      expect(await codeOf(apply(twice))).toBe('DATAPLANE_FAILED');
      expect(await dataplane.dump()).toBe(before);
    });

    test('a delta without changes takes no step', async () => {
      expect(await apply(deltaOf(full, full))).toEqual([]);
    });

    const steppedTwice = deltas.filter(({ steps }) => steps.includes('tc-add') && steps.includes('nft'));

    test.each(steppedTwice)('$what that is stopped before nft is taken back', async ({ to }) => {
      const before = await dataplane.dump();
      const stop = new Error('stopped');
      const outcome = dataplane.writeDelta(deltaOf(full, to), fakeHeld(), (step) => {
        if (step === 'nft') throw stop;
      });
      await expect(outcome).rejects.toBe(stop);
      expect(await dataplane.dump()).toBe(before);
    });

    test('changes that build a scaffold are no delta', async () => {
      const delta: Changes = { ...deltaOf(full, full), nftScaffold: { kind: 'create' } };
      expect(await codeOf(apply(delta))).toBe('INTERNAL');
    });

    /** Never a silent difference: it either threw, or all that it was asked for is there. */
    const refusedOrDone = async (act: () => Promise<unknown>, asked: PolicyState) => {
      const code = await codeOf(act());
      if (code === undefined) await expectState(asked);
      else expect(code).toBe('DATAPLANE_FAILED');
      await dataplane.write(diffState(asked, await dataplane.read()), fakeHeld());
      await expectState(asked);
    };
  });
}

function isOnlyAddition({ restricted, classOf, classes }: Changes): boolean {
  const isFirst = classOf.set.every(({ from }) => from === null);
  const gone = restricted.remove.length + classOf.remove.length + classes.remove.length;
  return isFirst && gone + classes.change.length === 0;
}

async function codeOf(act: Promise<unknown>): Promise<string | undefined> {
  try {
    await act;
    return undefined;
  } catch (error) {
    return isHoldfastError(error) ? error.code : 'foreign';
  }
}
