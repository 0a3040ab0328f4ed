/** The difference of two states. Pure and deterministic; knows nothing of how a change is written. */
import type { Changes, TcScaffoldChange } from './changes.ts';
import { isUpload } from './direction.ts';
import type { ActualState, PolicyState, Scaffold } from './policy-state.ts';

export function diffState(desired: PolicyState, actual: ActualState): Changes {
  return {
    nftScaffold:
      actual.nft.kind === 'damaged'
        ? { kind: 'rebuild', because: actual.nft.because }
        : { kind: actual.nft.kind === 'intact' ? 'keep' : 'create' },
    tcScaffold: treeChange(actual.tc, true),
    // Nobody needs it until the first upload limit. It stays when the last one goes.
    uploadScaffold: treeChange(actual.upload, [...desired.classes.keys()].some(isUpload)),
    restricted: {
      add: [...desired.restricted].filter((address) => !actual.restricted.has(address)).sort(),
      remove: [...actual.restricted].filter((address) => !desired.restricted.has(address)).sort(),
    },
    classOf: diffClassOf(desired, actual),
    classes: diffClasses(desired, actual),
    foreign: foreignShapers(desired, actual),
    down: actual.down ?? [],
    leftovers: actual.leftovers ?? [],
    desired,
  };
}

function treeChange(scaffold: Scaffold | undefined, isNeeded: boolean): TcScaffoldChange {
  if (scaffold?.kind === 'damaged') return { kind: 'rebuild', because: scaffold.because };
  return { kind: scaffold?.kind === 'missing' && isNeeded ? 'build' : 'keep' };
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
  const { devices } = actual;
  return {
    // A device that is not there is no difference: its session is coming or going.
    add: added
      .filter(([classId]) => devices === undefined || devices.get(classId) === null)
      .map(([classId, rate]) => ({ classId, rate })),
    change: changed.map(([classId, from, to]) => ({ classId, from, to })),
    remove: removed.map(([classId, from]) => ({ classId, from })),
  };
}

function foreignShapers(desired: PolicyState, { devices }: ActualState): Changes['foreign'] {
  return Array.from(devices ?? []).flatMap(([classId, found]) => {
    const to = desired.classes.get(classId);
    return to === undefined || found === null ? [] : [{ classId, to, found }];
  });
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
  const removed: [string, string][] = [];
  for (const [key, to] of desired) {
    const from = actual.get(key);
    if (from === undefined) added.push([key, to]);
    else if (from !== to) changed.push([key, from, to]);
  }
  for (const [key, from] of actual) if (!desired.has(key)) removed.push([key, from]);
  return { added: added.sort(byKey), changed: changed.sort(byKey), removed: removed.sort(byKey) };
}

function byKey(a: readonly [string, ...string[]], b: readonly [string, ...string[]]): number {
  return a[0] < b[0] ? -1 : 1;
}
