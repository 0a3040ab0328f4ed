/**
 * The part of a difference that somebody waits for: what a few sessions need, and everything that is not wanted any more.
 * For a run that got the lock from one that writes a lot and goes on afterwards.
 */
import type { Changes } from './changes.ts';
import type { PolicyState } from './policy-state.ts';

/** @param state - of the sessions in question */
export function focusOn(changes: Changes, { restricted, classOf, classes }: PolicyState): Changes {
  const { set } = changes.classOf;
  const left = new Set(set.filter(({ address }) => !classOf.has(address)).map(({ from }) => from));
  return {
    ...changes,
    restricted: {
      ...changes.restricted,
      add: changes.restricted.add.filter((address) => restricted.has(address)),
    },
    classOf: { ...changes.classOf, set: set.filter(({ address }) => classOf.has(address)) },
    classes: {
      add: changes.classes.add.filter(({ classId }) => classes.has(classId)),
      change: changes.classes.change.filter(({ classId }) => classes.has(classId)),
      // Others may point to it until they have their own.
      remove: changes.classes.remove.filter(({ classId }) => !left.has(classId)),
    },
  };
}
