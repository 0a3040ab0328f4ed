/** The difference of two states. Pure and deterministic; knows nothing of how a change is written. */
import type { Changes } from './changes.ts';
import type { ActualState, PolicyState } from './policy-state.ts';

export function diffState(desired: PolicyState, actual: ActualState): Changes {
  return {
    nftScaffold:
      actual.nft.kind === 'damaged'
        ? { kind: 'rebuild', because: actual.nft.because }
        : { kind: actual.nft.kind === 'intact' ? 'keep' : 'create' },
    tcScaffold:
      actual.tc.kind === 'damaged'
        ? { kind: 'rebuild', because: actual.tc.because }
        : { kind: actual.tc.kind === 'intact' ? 'keep' : 'build' },
    restricted: {
      add: [...desired.restricted].filter((address) => !actual.restricted.has(address)).sort(),
      remove: [...actual.restricted].filter((address) => !desired.restricted.has(address)).sort(),
    },
    classOf: diffClassOf(desired, actual),
    classes: diffClasses(desired, actual),
    desired,
  };
}

function diffClassOf(desired: PolicyState, actual: ActualState): Changes['classOf'] {
  const { added, changed, removed } = diffMap(desired.classOf, actual.classOf);
  const set = [
    ...added.map(([address, to]) => ({ address, from: null, to })),
    ...changed.map(([address, from, to]) => ({ address, from, to })),
  ];
  return {
    set: set.sort((a, b) => (a.address < b.address ? -1 : 1)),
    remove: removed.map(([address, from]) => ({ address, from })),
  };
}

function diffClasses(desired: PolicyState, actual: ActualState): Changes['classes'] {
  const { added, changed, removed } = diffMap(desired.classes, actual.classes);
  return {
    add: added.map(([classId, rate]) => ({ classId, rate })),
    change: changed.map(([classId, from, to]) => ({ classId, from, to })),
    remove: removed.map(([classId, from]) => ({ classId, from })),
  };
}

interface MapDifference {
  readonly added: readonly (readonly [key: string, to: string])[];
  readonly changed: readonly (readonly [key: string, from: string, to: string])[];
  readonly removed: readonly (readonly [key: string, from: string])[];
}

/** Sorted by key. */
function diffMap(desired: ReadonlyMap<string, string>, actual: ReadonlyMap<string, string>): MapDifference {
  const added: [string, string][] = [];
  const changed: [string, string, string][] = [];
  for (const [key, to] of desired) {
    const from = actual.get(key);
    if (from === undefined) added.push([key, to]);
    else if (from !== to) changed.push([key, from, to]);
  }
  const removed = [...actual].filter(([key]) => !desired.has(key));
  return { added: added.sort(byKey), changed: changed.sort(byKey), removed: removed.sort(byKey) };
}

function byKey(a: readonly [string, ...string[]], b: readonly [string, ...string[]]): number {
  return a[0] < b[0] ? -1 : 1;
}
