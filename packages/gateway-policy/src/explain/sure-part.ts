/**
 * What of a difference is sure although runs have written while it was read: what is missing or wrong of sessions that no
 * trigger has named meanwhile. They were right when the reading began, and nobody wanted them otherwise since.
 *
 * What is too much is left out: it may be of a session that has ended, of which truth keeps no place.
 */
import type { Changes } from '../changes.ts';
import type { PolicyState } from '../policy-state.ts';

/**
 * @param named - desired state of the sessions that triggers name
 * @returns undefined where the frame around the objects differs: while that is built anew, any object may be missing
 */
export function surePart(changes: Changes, named: PolicyState): Changes | undefined {
  const { nftScaffold, tcScaffold, uploadScaffold, restricted, classOf, classes } = changes;
  if ([nftScaffold, tcScaffold, uploadScaffold].some(({ kind }) => kind !== 'keep')) return undefined;
  const isSure = ({ classId }: { readonly classId: string }) => !named.classes.has(classId);
  return {
    ...changes,
    restricted: { add: restricted.add.filter((address) => !named.restricted.has(address)), remove: [] },
    classOf: { set: classOf.set.filter(({ address }) => !named.classOf.has(address)), remove: [] },
    classes: { add: classes.add.filter(isSure), change: classes.change.filter(isSure), remove: [] },
    foreign: changes.foreign.filter(isSure),
  };
}
