/**
 * The pure part of the recorded dataplane: a kernel of two maps and a set, with the error semantics of the real one. What
 * nft and tc refuse is refused here, by the same code.
 *
 * Models no packets, no rules and no rates: only which objects exist.
 */
import { isIP } from 'node:net';
import { HoldfastError } from '@holdfast/base';
import type { GatewayRow } from '@holdfast/truth-db';
import { type Changes, isTreeKept, keptClasses } from './changes.ts';
import { isUpload, nameOf } from './direction.ts';
import type { ActualState, PolicyState, Scaffold } from './policy-state.ts';

export type NftTables = Pick<PolicyState, 'restricted' | 'classOf'>;
export type TcClasses = PolicyState['classes'];

/** Undefined stands for a table or tree that does not exist. */
export interface RecordedState {
  readonly nft: NftTables | undefined;
  readonly tc: TcClasses | undefined;
  /** Whether there is what carries the upload of a shared device. Its classes and elements stand among the others. */
  readonly hasUpload: boolean;
}

export type Layout = GatewayRow['layout'];

export function actualStateOf({ nft, tc, hasUpload }: RecordedState, layout: Layout): ActualState {
  const isShared = layout === 'shared-device';
  return {
    restricted: nft?.restricted ?? new Set(),
    classOf: nft?.classOf ?? new Map(),
    classes: tc ?? new Map(),
    nft: scaffoldOf(nft !== undefined),
    // A session's own device needs nothing around what shapes it.
    tc: scaffoldOf(tc !== undefined || !isShared),
    ...(isShared ? { upload: scaffoldOf(hasUpload) } : {}),
  };
}

/** The classes after the 'tc-add' step. */
export function withClassesAdded(tc: TcClasses | undefined, changes: Changes, layout: Layout): TcClasses {
  if (changes.tcScaffold.kind === 'build' && tc !== undefined) throw refused('root qdisc', 'File exists');
  const isFresh = changes.tcScaffold.kind !== 'keep' || layout === 'per-interface';
  const live = [...(isFresh ? (tc ?? []) : existing(tc, 'root qdisc'))];
  const built = [...changes.desired.classes].filter(([classId]) => !isTreeKept(changes, classId));
  const classes = new Map([...live.filter(([classId]) => isTreeKept(changes, classId)), ...built]);
  const { add, change } = keptClasses(changes);
  for (const { classId, rate } of add) {
    if (classes.has(classId)) throw refused(`class ${classId}`, 'File exists');
    classes.set(classId, rate);
  }
  for (const { classId, to } of change) {
    if (!classes.has(classId)) throw refused(`class ${classId}`, 'No such file or directory');
    classes.set(classId, to);
  }
  return classes;
}

/** The classes after the 'tc-remove' step. */
export function withClassesRemoved(tc: TcClasses | undefined, changes: Changes): TcClasses {
  const classes = new Map(existing(tc, 'root qdisc'));
  for (const { classId } of keptClasses(changes).remove) {
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

/** What `create` of a delta refuses beyond `add`: an element that is there already, even with the same value. */
export function assertAbsent(nft: NftTables | undefined, { restricted, classOf }: Changes): void {
  const isRestricted = restricted.add.find((address) => nft?.restricted.has(address));
  if (isRestricted !== undefined) throw refused(`restricted ${isRestricted}`, 'File exists');
  const mapped = classOf.set.find(({ address, from }) => from === null && nft?.classOf.has(address));
  if (mapped !== undefined) throw refused(`class-of ${mapped.address}`, 'File exists');
}

/** Deletes come first, as in the transaction, so a changed value is a delete and an add. */
function classOfCommitted(before: NftTables['classOf'], changes: Changes['classOf']): NftTables['classOf'] {
  const classOf = new Map(before);
  const replaced = changes.set.filter(({ from }) => from !== null);
  for (const { address } of [...changes.remove, ...replaced]) {
    if (!classOf.delete(address)) throw refused(`class-of ${address}`, 'No such file or directory');
  }
  for (const { address, to } of changes.set) {
    const isTaken = classOf.has(address) && (isLimit(address) || classOf.get(address) !== to);
    if (isTaken) throw refused(`class-of ${address}`, 'File exists');
    classOf.set(address, to);
  }
  return classOf;
}

function scaffoldOf(isThere: boolean): Scaffold {
  return { kind: isThere ? 'intact' : 'missing' };
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

/** The upload limit of a device is created, never added: nft would let an element of another rate pass. */
function isLimit(name: string): boolean {
  return isUpload(name) && isIP(nameOf(name)) === 0;
}
