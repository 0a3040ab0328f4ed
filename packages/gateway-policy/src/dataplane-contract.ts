/**
 * What every dataplane does alike, the kernel and the recorded one. Run by their test files with a fresh dataplane of one
 * gateway with four shards for each test.
 */
import { isHoldfastError } from '@holdfast/base';
import { fakeHeld } from '@holdfast/base/fake-held';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Changes, DataplaneStep } from './changes.ts';
import { isEmpty } from './changes.ts';
import type { Dataplane } from './dataplane.ts';
import { diffState } from './diff-state.ts';
import type { PolicyState } from './policy-state.ts';
import { digestOf } from './state-digest.ts';

/** Shards of the gateway that the contract's states are made for. */
export const contractShards = 4;

export interface OpenedDataplane extends AsyncDisposable {
  readonly dataplane: Dataplane;
}

export const fullState: PolicyState = {
  restricted: new Set(['10.0.0.3', '10.0.0.5', 'fd00::5', '::0.1.0.2']),
  classOf: new Map([
    ['10.0.0.1', '3:1'],
    ['fd00::1', '3:1'],
    ['10.0.0.2', '4:1f'],
    ['10.0.0.3', '5:ffff'],
  ]),
  classes: new Map([
    ['3:1', '5Mbit'],
    ['4:1f', '1500Kbit'],
    ['5:ffff', '1234Mbit'],
  ]),
};

const changedState: PolicyState = {
  restricted: new Set(['10.0.0.5', '10.0.0.9', '2001:db8::9']),
  classOf: new Map([
    ['10.0.0.1', '3:2'],
    ['fd00::1', '3:2'],
    ['10.0.0.2', '4:1f'],
    ['10.0.0.9', '3:3'],
  ]),
  classes: new Map([
    ['3:2', '5Mbit'],
    ['4:1f', '2Mbit'],
    ['3:3', '64Kbit'],
  ]),
};

const nothing: PolicyState = { restricted: new Set(), classOf: new Map(), classes: new Map() };

export function describeDataplane(name: string, open: () => Promise<OpenedDataplane>): void {
  describe(`${name} dataplane`, () => {
    let opened: OpenedDataplane;
    let dataplane: Dataplane;
    beforeEach(async () => {
      opened = await open();
      dataplane = opened.dataplane;
    });
    afterEach(() => opened?.[Symbol.asyncDispose]());

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
      expect(actual.tc.kind).toBe('missing');
      expect(digestOf(actual)).toBe(digestOf(nothing));
    });

    test('a cold write reads back equal and leaves nothing to do', async () => {
      expect(await settle(fullState)).toEqual(['tc-add', 'nft']);
      const actual = await dataplane.read();
      expect(digestOf(actual)).toBe(digestOf(fullState));
      expect(isEmpty(diffState(fullState, actual))).toBe(true);
    });

    test('a state with other sessions, rates and classes is reached in the order of effects', async () => {
      await settle(fullState);
      expect(await settle(changedState)).toEqual(['tc-add', 'nft', 'tc-remove']);
      expect(digestOf(await dataplane.read())).toBe(digestOf(changedState));
      expect(await settle(nothing)).toEqual(['nft', 'tc-remove']);
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
      expect((await dataplane.read()).tc.kind).toBe('missing');
      expect((await dataplane.read()).nft.kind).toBe('missing');
    });

    test('a map key added with another class is refused and the class added for it is taken back', async () => {
      await settle(fullState);
      const changes = await unchanged();
      await expectRefused({
        ...changes,
        classes: { ...changes.classes, add: [{ classId: '3:77', rate: '1Mbit' }] },
        classOf: { set: [{ address: '10.0.0.1', from: null, to: '3:77' }], remove: [] },
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
        classOf: { set: [], remove: [{ address: '10.0.0.99', from: '3:1' }] },
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
      const add = [
        { classId: '3:77', rate: '1Mbit' },
        { classId: '3:1', rate: '5Mbit' },
        { classId: '3:78', rate: '1Mbit' },
      ];
      await expectRefused({ ...changes, classes: { ...changes.classes, add } });
    });

    test('a change of a missing class is refused and earlier changes are taken back', async () => {
      await settle(fullState);
      const changes = await unchanged();
      const change = [
        { classId: '3:1', from: '5Mbit', to: '6Mbit' },
        { classId: '3:99', from: '1Mbit', to: '2Mbit' },
      ];
      await expectRefused({ ...changes, classes: { ...changes.classes, change } });
    });

    test('a missing class cannot be removed', async () => {
      await settle(fullState);
      const changes = await unchanged();
      const remove = [{ classId: '3:99', from: '1Mbit' }];
      await expectRefused({ ...changes, classes: { ...changes.classes, remove } });
    });
  });
}
