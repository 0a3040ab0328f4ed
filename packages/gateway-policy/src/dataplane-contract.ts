/**
 * What every dataplane does alike, the kernel and the recorded one, in every layout. Run by their test files with a fresh
 * dataplane for each test.
 */
import { isHoldfastError } from '@holdfast/base';
import { fakeHeld } from '@holdfast/base/fake-held';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Changes, type DataplaneStep, isEmpty } from './changes.ts';
import type { OpenedDataplane } from './contract-dataplane.ts';
import { type ContractStates, nothing } from './contract-states.ts';
import type { Dataplane } from './dataplane.ts';
import { describeDelta } from './delta-contract.ts';
import { diffState } from './diff-state.ts';
import { describeFaults } from './fault-contract.ts';
import type { PolicyState } from './policy-state.ts';
import { digestOf } from './state-digest.ts';

export function describeDataplane(
  name: string,
  states: ContractStates,
  open: () => Promise<OpenedDataplane>,
): void {
  const { full: fullState, changed: changedState, coldSteps, lastSteps, mapped, taken, free } = states;
  describe(`${name} dataplane, ${states.name}`, () => {
    let opened: OpenedDataplane;
    let dataplane: Dataplane;
    beforeEach(async () => {
      opened = await open();
      dataplane = opened.dataplane;
    });
    afterEach(() => opened?.[Symbol.asyncDispose]());

    const freshTree = states.layout === 'shared-device' ? 'missing' : 'intact';

    const settle = async (desired: PolicyState) => {
      const steps: DataplaneStep[] = [];
      const changes = diffState(desired, await dataplane.read());
      await dataplane.write(changes, fakeHeld(), (step) => void steps.push(step));
      return steps;
    };
    const expectRefused = async (changes: Changes) => {
      const before = await dataplane.dump();
      const error = await dataplane.write(changes, fakeHeld()).catch((caught: unknown) => caught);
      expect(isHoldfastError(error, 'DATAPLANE_FAILED')).toBe(true);
      expect(await dataplane.dump()).toBe(before);
    };
    const unchanged = async () => diffState(fullState, await dataplane.read());

    test('a fresh gateway reads as missing and empty', async () => {
      const actual = await dataplane.read();
      expect(actual.nft.kind).toBe('missing');
      expect(actual.tc.kind).toBe(freshTree);
      expect(digestOf(actual)).toBe(digestOf(nothing));
    });

    test('a cold write reads back equal and leaves nothing to do', async () => {
      expect(await settle(fullState)).toEqual(coldSteps);
      const actual = await dataplane.read();
      expect(digestOf(actual)).toBe(digestOf(fullState));
      expect(isEmpty(diffState(fullState, actual))).toBe(true);
    });

    test('a state with other sessions, rates and classes is reached in the order of effects', async () => {
      await settle(fullState);
      expect(await settle(changedState)).toEqual(['tc-add', 'nft', 'tc-remove']);
      expect(digestOf(await dataplane.read())).toBe(digestOf(changedState));
      expect(await settle(nothing)).toEqual(lastSteps);
      expect(digestOf(await dataplane.read())).toBe(digestOf(nothing));
    });

    test('a second write of the same state takes no step', async () => {
      await settle(fullState);
      const before = await dataplane.dump();
      expect(await settle(fullState)).toEqual([]);
      expect(await dataplane.dump()).toBe(before);
    });

    test('equal states reached on different ways have equal dumps', async () => {
      await settle(fullState);
      const direct = await dataplane.dump();
      await settle(changedState);
      await settle(fullState);
      expect(await dataplane.dump()).toBe(direct);
    });

    test('a check changes nothing', async () => {
      const before = await dataplane.dump();
      await dataplane.check(diffState(fullState, await dataplane.read()));
      expect(await dataplane.dump()).toBe(before);
    });

    test('a step that is stopped before nft takes the classes back', async () => {
      await settle(fullState);
      const before = await dataplane.dump();
      const stop = new Error('stopped');
      const changes = diffState(changedState, await dataplane.read());
      const outcome = dataplane.write(changes, fakeHeld(), (step) => {
        if (step === 'nft') throw stop;
      });
      await expect(outcome).rejects.toBe(stop);
      expect(await dataplane.dump()).toBe(before);
    });

    test('a cold write that is stopped before nft leaves a missing tree', async () => {
      const changes = diffState(fullState, await dataplane.read());
      const outcome = dataplane.write(changes, fakeHeld(), (step) => {
        if (step === 'nft') throw new Error('stopped');
      });
      await expect(outcome).rejects.toThrow();
      expect((await dataplane.read()).tc.kind).toBe(freshTree);
      expect((await dataplane.read()).classes.size).toBe(0);
      expect((await dataplane.read()).nft.kind).toBe('missing');
    });

    test('a map key added with another class is refused and the class added for it is taken back', async () => {
      await settle(fullState);
      const changes = await unchanged();
      await expectRefused({
        ...changes,
        classes: { ...changes.classes, add: [{ classId: free[0], rate: '1Mbit' }] },
        classOf: { set: [{ ...mapped, from: null }], remove: [] },
      });
    });

    test('a restricted address removed twice is refused whole', async () => {
      await settle(fullState);
      const changes = await unchanged();
      await expectRefused({
        ...changes,
        restricted: { add: ['10.0.0.200'], remove: ['10.0.0.5', '10.0.0.99'] },
      });
    });

    test('a mapped address removed twice is refused whole', async () => {
      await settle(fullState);
      const changes = await unchanged();
      await expectRefused({
        ...changes,
        classOf: { set: [], remove: [{ address: mapped.address.replace('0', '9'), from: mapped.to }] },
      });
    });

    test('a restricted address added twice is no error', async () => {
      await settle(fullState);
      const changes = await unchanged();
      await dataplane.write({ ...changes, restricted: { add: ['10.0.0.5'], remove: [] } }, fakeHeld());
      expect(digestOf(await dataplane.read())).toBe(digestOf(fullState));
    });

    test('a class added twice is refused and what came before it is taken back', async () => {
      await settle(fullState);
      const changes = await unchanged();
      const add = [{ classId: free[0], rate: '1Mbit' }, taken, { classId: free[1], rate: '1Mbit' }];
      await expectRefused({ ...changes, classes: { ...changes.classes, add } });
    });

    test('a change of a missing class is refused and earlier changes are taken back', async () => {
      await settle(fullState);
      const changes = await unchanged();
      const change = [
        { classId: taken.classId, from: taken.rate, to: '6Mbit' },
        { classId: free[2], from: '1Mbit', to: '2Mbit' },
      ];
      await expectRefused({ ...changes, classes: { ...changes.classes, change } });
    });

    test('a missing class cannot be removed', async () => {
      await settle(fullState);
      const changes = await unchanged();
      const remove = [{ classId: free[2], from: '1Mbit' }];
      await expectRefused({ ...changes, classes: { ...changes.classes, remove } });
    });
  });
  describeDelta(`${name} dataplane, ${states.name}`, states, open);
  describeFaults(`${name} dataplane, ${states.name}`, states, open);
}
