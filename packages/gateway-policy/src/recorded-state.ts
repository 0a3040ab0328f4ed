/**
 * The pure part of the recorded dataplane: a kernel of two maps and a set, with the error semantics of the real one. What
 * nft and tc refuse is refused here, by the same code.
 *
 * Models no packets, no rules and no rates: only which objects exist.
 */
import { HoldfastError } from '@holdfast/base';
import type { Changes } from './changes.ts';
import type { ActualState, PolicyState, Scaffold } from './policy-state.ts';

export type NftTables = Pick<PolicyState, 'restricted' | 'classOf'>;
export type TcClasses = PolicyState['classes'];

/** Undefined stands for a table or tree that does not exist. */
export interface RecordedState {
  readonly nft: NftTables | undefined;
  readonly tc: TcClasses | undefined;
}

export function actualStateOf({ nft, tc }: RecordedState): ActualState {
  return {
    restricted: nft?.restricted ?? new Set(),
    classOf: nft?.classOf ?? new Map(),
    classes: tc ?? new Map(),
    nft: scaffoldOf(nft),
    tc: scaffoldOf(tc),
  };
}

/** The classes after the 'tc-add' step. */
export function withClassesAdded(tc: TcClasses | undefined, changes: Changes): TcClasses {
  if (changes.tcScaffold.kind === 'build' && tc !== undefined) throw refused('root qdisc', 'File exists');
  if (changes.tcScaffold.kind !== 'keep') return new Map(changes.desired.classes);
  const classes = new Map(existing(tc, 'root qdisc'));
  for (const { classId, rate } of changes.classes.add) {
    if (classes.has(classId)) throw refused(`class ${classId}`, 'File exists');
    classes.set(classId, rate);
  }
  for (const { classId, to } of changes.classes.change) {
    if (!classes.has(classId)) throw refused(`class ${classId}`, 'No such file or directory');
    classes.set(classId, to);
  }
  return classes;
}

/** The classes after the 'tc-remove' step. */
export function withClassesRemoved(tc: TcClasses | undefined, changes: Changes): TcClasses {
  const classes = new Map(existing(tc, 'root qdisc'));
  for (const { classId } of changes.classes.remove) {
    if (!classes.delete(classId)) throw refused(`class ${classId}`, 'No such file or directory');
  }
  return classes;
}

/** The table after the nft transaction: all of it, or an error. */
export function withNftCommitted(nft: NftTables | undefined, changes: Changes): NftTables {
  if (changes.nftScaffold.kind !== 'keep') {
    return { restricted: new Set(changes.desired.restricted), classOf: new Map(changes.desired.classOf) };
  }
  const table = existing(nft, 'table inet holdfast');
  const restricted = new Set(table.restricted);
  for (const address of changes.restricted.remove) {
    if (!restricted.delete(address)) throw refused(`restricted ${address}`, 'No such file or directory');
  }
  for (const address of changes.restricted.add) restricted.add(address); // adding twice is no error in nft either
  return { restricted, classOf: classOfCommitted(table.classOf, changes.classOf) };
}

/** Deletes come first, as in the transaction, so a changed value is a delete and an add. */
function classOfCommitted(before: NftTables['classOf'], changes: Changes['classOf']): NftTables['classOf'] {
  const classOf = new Map(before);
  const replaced = changes.set.filter(({ from }) => from !== null);
  for (const { address } of [...changes.remove, ...replaced]) {
    if (!classOf.delete(address)) throw refused(`class-of ${address}`, 'No such file or directory');
  }
  for (const { address, to } of changes.set) {
    if ((classOf.get(address) ?? to) !== to) throw refused(`class-of ${address}`, 'File exists');
    classOf.set(address, to);
  }
  return classOf;
}

function scaffoldOf(part: object | undefined): Scaffold {
  return { kind: part === undefined ? 'missing' : 'intact' };
}

function existing<Part>(part: Part | undefined, object: string): Part {
  if (part === undefined) throw refused(object, 'No such file or directory');
  return part;
}

function refused(object: string, reason: string): HoldfastError {
  return new HoldfastError('DATAPLANE_FAILED', `the recorded dataplane refused ${object}: ${reason}`, {
    details: { object, reason },
  });
}
