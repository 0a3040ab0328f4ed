import { fakeHeld } from '@holdfast/base/fake-held';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isEmpty } from './changes.ts';
import { sharedDevice, sharedDeviceWithUpload } from './contract-states.ts';
import type { Dataplane } from './dataplane.ts';
import { diffState } from './diff-state.ts';
import { focusOn } from './focus-on.ts';
import { partsOf } from './parts-of.ts';
import type { PolicyState } from './policy-state.ts';
import { createRecordedDataplane } from './recorded-dataplane.ts';

const address = fc.integer({ min: 1, max: 60 }).map((n) => (n % 3 === 0 ? `fd00::${n}` : `10.0.0.${n}`));
const rate = fc.constantFrom('1Mbit', '2Mbit', '64Kbit');
/** Every address that is mapped has a class, a few share one. */
const state: fc.Arbitrary<PolicyState> = fc
  .record({
    restricted: fc.array(address),
    mapped: fc.array(fc.tuple(address, fc.integer({ min: 1, max: 30 }), rate)),
    idle: fc.array(fc.tuple(fc.integer({ min: 31, max: 40 }), rate)),
  })
  .map(({ restricted, mapped, idle }) => {
    const classId = (minor: number) => `${(minor % 4) + 3}:${minor.toString(16)}`;
    return {
      restricted: new Set(restricted),
      classOf: new Map(mapped.map(([key, minor]) => [key, classId(minor)])),
      classes: new Map([
        ...mapped.map(([, minor, text]) => [classId(minor), text] as const),
        ...idle.map(([minor, text]) => [classId(minor), text] as const),
      ]),
    };
  });

describe('partsOf', () => {
  test('parts, one after the other, make the same state as the whole, and none points to a missing class', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(state, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 7 }),
        async (states, size) => {
          const dataplane = recorded();
          for (const desired of states) {
            for (const part of partsOf(diffState(desired, await dataplane.read()), size)) {
              await dataplane.write(part, fakeHeld());
              await expectNoneMissing(dataplane);
            }
            expect(isEmpty(diffState(desired, await dataplane.read()))).toBe(true);
          }
        },
      ),
    );
  });

  test('whoever is restricted is so after the first part', () => {
    const [first] = partsOf(diffState(sharedDevice.full, missing));
    expect(first?.desired.restricted).toEqual(sharedDevice.full.restricted);
    const live = { ...sharedDevice.full, nft: { kind: 'intact' }, tc: { kind: 'intact' } } as const;
    const [next] = partsOf(diffState(sharedDevice.changed, live));
    expect(next?.restricted.add.length).toBeGreaterThan(0);
  });

  test('what is damaged is one part', () => {
    const damaged = { ...missing, nft: { kind: 'damaged', because: ['a rule is gone'] } } as const;
    expect([...partsOf(diffState(sharedDeviceWithUpload.full, damaged), 1)]).toHaveLength(1);
  });

  test('nothing has no parts', () => {
    const live = { ...sharedDevice.full, nft: { kind: 'intact' }, tc: { kind: 'intact' } } as const;
    expect([...partsOf(diffState(sharedDevice.full, live))]).toEqual([]);
  });
});

describe('focusOn', () => {
  test('leads to what the sessions need, and to nothing that is not wanted', async () => {
    await fc.assert(
      fc.asyncProperty(state, state, fc.integer({ min: 0, max: 5 }), async (before, desired, chosen) => {
        const dataplane = recorded();
        await dataplane.write(diffState(before, await dataplane.read()), fakeHeld());
        const focus = some(desired, chosen);
        await dataplane.write(focusOn(diffState(desired, await dataplane.read()), focus), fakeHeld());
        await expectNoneMissing(dataplane);
        const actual = await dataplane.read();
        expect(Object.fromEntries(actual.classOf)).toMatchObject(Object.fromEntries(focus.classOf));
        expect(Object.fromEntries(actual.classes)).toMatchObject(Object.fromEntries(focus.classes));
        expect(focus.restricted.isSubsetOf(actual.restricted)).toBe(true);
        expect(actual.restricted.isSubsetOf(desired.restricted)).toBe(true);
        expect(new Set(actual.classOf.keys()).isSubsetOf(desired.classOf)).toBe(true);
        expect(isEmpty(focusOn(diffState(desired, actual), focus))).toBe(true);
      }),
    );
  });
});

/** What a few sessions of a state need. */
function some({ restricted, classOf, classes }: PolicyState, count: number): PolicyState {
  const mapped = [...classOf].slice(0, count);
  return {
    restricted: new Set([...restricted].slice(0, count)),
    classOf: new Map(mapped),
    classes: new Map(mapped.map(([, classId]) => [classId, classes.get(classId) ?? ''])),
  };
}

const missing = {
  restricted: new Set<string>(),
  classOf: new Map<string, string>(),
  classes: new Map<string, string>(),
  nft: { kind: 'missing' },
  tc: { kind: 'missing' },
} as const;

function recorded(): Dataplane {
  let text: string | undefined;
  const store = {
    read: async () => text,
    write: async (next: string) => {
      text = next;
    },
  };
  return createRecordedDataplane({ store });
}

async function expectNoneMissing(dataplane: Dataplane): Promise<void> {
  const { classOf, classes } = await dataplane.read();
  for (const classId of classOf.values()) expect([...classes.keys()]).toContain(classId);
}
