/**
 * What every dataplane does alike when what it writes with is slow, refuses, or writes and then says that it failed. Part of
 * the contract in `dataplane-contract.ts`.
 */
import { isHoldfastError } from '@holdfast/base';
import { fakeHeld } from '@holdfast/base/fake-held';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Fault, type OpenedDataplane, writeAll } from './contract-dataplane.ts';
import { type ContractStates, nothing } from './contract-states.ts';
import type { Dataplane } from './dataplane.ts';
import { deltaOf } from './delta-of.ts';
import { diffState } from './diff-state.ts';
import type { PolicyState } from './policy-state.ts';
import { digestOf } from './state-digest.ts';

const faults: readonly Fault[] = ['slow', 'refusing', 'lying'];

export function describeFaults(
  name: string,
  { full, changed, deltas }: ContractStates,
  open: () => Promise<OpenedDataplane>,
): void {
  describe(`${name}, when writing goes wrong`, () => {
    let opened: OpenedDataplane;
    let honest: Dataplane;
    beforeEach(async () => {
      opened = await open();
      honest = opened.dataplane;
    });
    afterEach(() => opened?.[Symbol.asyncDispose]());

    /** Done, or refused by its code; never an address without its class; and right after an honest write. */
    const expectHonesty = async (
      fault: Fault,
      desired: PolicyState,
      act: (dataplane: Dataplane) => Promise<void>,
    ) => {
      const code = await codeOf(act(opened.faulty(fault)));
      expect(code).toBe(fault === 'slow' ? undefined : 'DATAPLANE_FAILED');
      if (code === undefined) expect(digestOf(await honest.read())).toBe(digestOf(desired));
      expect(danglingOf(await honest.read())).toEqual([]);
      await writeAll(honest, desired);
      expect(digestOf(await honest.read())).toBe(digestOf(desired));
    };
    const wholly = (desired: PolicyState) => async (dataplane: Dataplane) => {
      await dataplane.write(diffState(desired, await honest.read()), fakeHeld());
    };

    test.each(faults)('a cold write by what is %s', async (fault) => {
      await expectHonesty(fault, full, wholly(full));
    });

    test.each(faults)('a write of another state, and of nothing, by what is %s', async (fault) => {
      await writeAll(honest, full);
      await expectHonesty(fault, changed, wholly(changed));
      await expectHonesty(fault, nothing, wholly(nothing));
    });

    test.each(faults)('a delta by what is %s', async (fault) => {
      for (const { to } of deltas) {
        await writeAll(honest, full);
        await expectHonesty(fault, to, (dataplane) => dataplane.writeDelta(deltaOf(full, to), fakeHeld()));
      }
    });
  });
}

/** Addresses that point to a class that is not there. */
function danglingOf({ classOf, classes }: PolicyState): readonly string[] {
  const isClass = (to: string) => to.includes(':');
  return Array.from(classOf)
    .filter(([, to]) => isClass(to) && !classes.has(to))
    .map(([address]) => address);
}

async function codeOf(act: Promise<void>): Promise<string | undefined> {
  try {
    await act;
    return undefined;
  } catch (error) {
    return isHoldfastError(error) ? error.code : 'foreign';
  }
}
