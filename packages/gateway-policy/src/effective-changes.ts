/**
 * Changes as what has to be written: where a scaffold is built anew, everything that is desired in it is new, and nothing is
 * there to be changed or removed.
 */
import { isIP } from 'node:net';
import { type Changes, isTreeKept, keptClasses } from './changes.ts';
import { isUpload, nameOf } from './direction.ts';

export type EffectiveChanges = Pick<Changes, 'restricted' | 'classOf' | 'classes'>;

export function effectiveChanges(changes: Changes): EffectiveChanges {
  const { nftScaffold, tcScaffold, uploadScaffold, desired, restricted } = changes;
  if ([nftScaffold, tcScaffold, uploadScaffold].every(({ kind }) => kind === 'keep')) return changes;
  const isTableBuilt = nftScaffold.kind !== 'keep';
  return {
    restricted: isTableBuilt ? { add: [...desired.restricted], remove: [] } : restricted,
    classOf: effectiveClassOf(changes),
    classes: effectiveClasses(changes),
  };
}

function effectiveClasses(changes: Changes): Changes['classes'] {
  const { add, change, remove } = keptClasses(changes);
  const all = [...add];
  for (const [classId, rate] of changes.desired.classes) {
    if (!isTreeKept(changes, classId)) all.push({ classId, rate });
  }
  return { add: all, change, remove };
}

function effectiveClassOf(changes: Changes): Changes['classOf'] {
  const { classOf, desired } = changes;
  const set = classOf.set.filter(({ address }) => isElementKept(changes, address));
  for (const [address, to] of desired.classOf) {
    if (!isElementKept(changes, address)) set.push({ address, from: null, to });
  }
  return { set, remove: classOf.remove.filter(({ address }) => isElementKept(changes, address)) };
}

/** The uploads of addresses stand in a table of their own, everything else in the one table. */
function isElementKept({ nftScaffold, uploadScaffold }: Changes, name: string): boolean {
  const isOfUpload = isUpload(name) && isIP(nameOf(name)) !== 0;
  return (isOfUpload ? uploadScaffold : nftScaffold).kind === 'keep';
}
