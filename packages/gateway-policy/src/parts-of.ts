/**
 * Changes in parts that are right by themselves, for a run that lets others in between two of them: what is restricted
 * first, then classes with what points to them, then what goes. Between two parts no address points to a class that is
 * missing, and nobody who is to be restricted passes.
 *
 * A table or tree that is damaged is replaced whole, because in parts its sessions would be without it for as long; so is one
 * that was built for another device, with what is left of that.
 */
import { type Changes, raisedDevices } from './changes.ts';
import { effectiveChanges } from './effective-changes.ts';
import type { PolicyState } from './policy-state.ts';

/** Classes, or addresses, of one part: the lock is held for about a fifth of a second. */
const mostObjects = 500;

export function* partsOf(changes: Changes, size: number = mostObjects): Generator<Changes> {
  const scaffolds = [changes.nftScaffold, changes.tcScaffold, changes.uploadScaffold];
  if (scaffolds.some(({ kind }) => kind === 'rebuild') || changes.leftovers.length > 0) {
    yield changes;
    return;
  }
  if (raisedDevices(changes).length > 0) yield part({ down: changes.down });
  const isBuilt = scaffolds.some(({ kind }) => kind !== 'keep');
  if (isBuilt) yield scaffoldPart(changes);
  const { restricted, classOf, classes } = effectiveChanges(changes);
  if (!isBuilt && restricted.add.length + restricted.remove.length > 0) yield part({ restricted });
  const setsOf = Map.groupBy(classOf.set, ({ to }) => to);
  const isNew = new Set(classes.add.map(({ classId }) => classId));
  for (const add of slices(classes.add, size)) {
    yield part({
      classes: { ...noClasses, add },
      classOf: { set: add.flatMap(({ classId }) => setsOf.get(classId) ?? []), remove: [] },
    });
  }
  for (const change of slices(classes.change, size)) yield part({ classes: { ...noClasses, change } });
  const moved = classOf.set.filter(({ to }) => !isNew.has(to));
  for (const set of slices(moved, size)) yield part({ classOf: { set, remove: [] } });
  for (const remove of slices(classOf.remove, size)) yield part({ classOf: { set: [], remove } });
  for (const remove of slices(classes.remove, size)) yield part({ classes: { ...noClasses, remove } });
}

const noClasses = { add: [], change: [], remove: [] };
const nothing: PolicyState = { restricted: new Set(), classOf: new Map(), classes: new Map() };

/** Builds what is missing, with those who are restricted and nothing else in it. */
function scaffoldPart(changes: Changes): Changes {
  const { restricted } = changes.desired;
  return {
    ...changes,
    down: [],
    classOf: { set: [], remove: [] },
    classes: noClasses,
    desired: { ...nothing, restricted },
  };
}

function part(some: Partial<Pick<Changes, 'restricted' | 'classOf' | 'classes' | 'down'>>): Changes {
  return {
    nftScaffold: { kind: 'keep' },
    tcScaffold: { kind: 'keep' },
    uploadScaffold: { kind: 'keep' },
    restricted: { add: [], remove: [] },
    classOf: { set: [], remove: [] },
    classes: noClasses,
    foreign: [],
    down: [],
    leftovers: [],
    desired: nothing,
    ...some,
  };
}

function* slices<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
