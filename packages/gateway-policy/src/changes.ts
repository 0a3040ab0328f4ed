/**
 * What separates the actual state from the desired one, as a value: the same object is shown by a dry run, judged by
 * the removal guard and written by a dataplane. Lists are sorted, so equal differences are equal texts.
 */
import { HoldfastError } from '@holdfast/base';
import type { Address } from './address.ts';
import type { ClassId } from './class-id.ts';
import { isUpload } from './direction.ts';
import type { DownDevice, Leftover, PolicyState } from './policy-state.ts';
import type { RateText } from './tc-rate.ts';

/** What becomes of the nft table: 'create' where there is none, 'rebuild' replaces all of it in one transaction. */
export type NftScaffoldChange =
  | { readonly kind: 'keep' }
  | { readonly kind: 'create' }
  | { readonly kind: 'rebuild'; readonly because: readonly string[] };

/** What becomes of a tc tree: 'build' over the kernel's default qdisc, 'rebuild' deletes the root first. */
export type TcScaffoldChange =
  | { readonly kind: 'keep' }
  | { readonly kind: 'build' }
  | { readonly kind: 'rebuild'; readonly because: readonly string[] };

export interface Changes {
  readonly nftScaffold: NftScaffoldChange;
  readonly tcScaffold: TcScaffoldChange;
  /** What carries the upload of a shared device: its device, tree and nft table, built and rebuilt as one. */
  readonly uploadScaffold: TcScaffoldChange;
  readonly restricted: { readonly add: readonly Address[]; readonly remove: readonly Address[] };
  readonly classOf: {
    /** `from` is null for an address that has no class yet. */
    readonly set: readonly {
      readonly address: string;
      readonly from: ClassId | null;
      readonly to: ClassId;
    }[];
    readonly remove: readonly { readonly address: string; readonly from: ClassId }[];
  };
  readonly classes: {
    readonly add: readonly { readonly classId: ClassId; readonly rate: RateText }[];
    readonly change: readonly {
      readonly classId: ClassId;
      readonly from: RateText;
      readonly to: RateText;
    }[];
    readonly remove: readonly { readonly classId: ClassId; readonly from: RateText }[];
  };
  /** Devices of our sessions that somebody else shapes, and with what: reported, and left alone. */
  readonly foreign: readonly { readonly classId: ClassId; readonly to: RateText; readonly found: string }[];
  /** Devices that are down: ours are set up again, others are reported and left alone. */
  readonly down: readonly DownDevice[];
  /** What is taken away before anything else is written: what tells of it goes with the same write. */
  readonly leftovers: readonly Leftover[];
  /** The whole desired state: what a scaffold that is built anew is filled with. */
  readonly desired: PolicyState;
}

/** The effects of a write, in the order in which they happen. */
export type DataplaneStep = 'tc-add' | 'nft' | 'tc-remove';

/** The steps that these changes need; none for an empty difference. */
export function stepsOf(changes: Changes): readonly DataplaneStep[] {
  const { nftScaffold, tcScaffold, uploadScaffold, restricted, classOf, classes, leftovers } = changes;
  const isUploadBuilt = uploadScaffold.kind !== 'keep';
  const isUploadRetired = leftovers.some(({ kind }) => kind === 'upload');
  const isTidied = leftovers.length > 0 || raisedDevices(changes).length > 0;
  const nftCount =
    restricted.add.length + restricted.remove.length + classOf.set.length + classOf.remove.length;
  const steps: DataplaneStep[] = [];
  const isClassNeeded = classes.add.length + classes.change.length > 0;
  if (tcScaffold.kind !== 'keep' || isUploadBuilt || isClassNeeded || isTidied) steps.push('tc-add');
  if (nftScaffold.kind !== 'keep' || isUploadBuilt || isUploadRetired || nftCount > 0) steps.push('nft');
  if (keptClasses(changes).remove.length > 0 || isUploadRetired) steps.push('tc-remove');
  return steps;
}

/** The devices that a write sets up. */
export function raisedDevices({ down }: Pick<Changes, 'down'>): readonly string[] {
  return down.filter(({ isOurs }) => isOurs).map(({ device }) => device);
}

/** False for a class in a tree that is built anew: it holds nothing to change or remove. */
export function isTreeKept({ tcScaffold, uploadScaffold }: Changes, classId: ClassId): boolean {
  return (isUpload(classId) ? uploadScaffold : tcScaffold).kind === 'keep';
}

/** The class changes in trees that are kept. */
export function keptClasses(changes: Changes): Changes['classes'] {
  const { add, change, remove } = changes.classes;
  if (changes.tcScaffold.kind === 'keep' && changes.uploadScaffold.kind === 'keep') return changes.classes;
  const isKept = ({ classId }: { readonly classId: ClassId }) => isTreeKept(changes, classId);
  return { add: add.filter(isKept), change: change.filter(isKept), remove: remove.filter(isKept) };
}

/** True when desired and actual are equal: writing these changes does nothing. */
export function isEmpty(changes: Changes): boolean {
  return stepsOf(changes).length === 0;
}

/** True when only objects of sessions change: everything else takes a write that has read everything. */
export function isDelta(changes: Changes): boolean {
  const { nftScaffold, tcScaffold, uploadScaffold, leftovers } = changes;
  const isKept = [nftScaffold, tcScaffold, uploadScaffold].every(({ kind }) => kind === 'keep');
  return isKept && leftovers.length === 0 && raisedDevices(changes).length === 0;
}

/**
 * Refuses changes that are more than a delta.
 *
 * @throws HoldfastError INTERNAL
 */
export function assertDelta(changes: Changes): void {
  if (isDelta(changes)) return;
  throw new HoldfastError('INTERNAL', 'changes of more than sessions are no delta');
}

/** How many objects differ, for reports. A scaffold that is created or rebuilt counts as one. */
export function countChanges(changes: Changes): { readonly nft: number; readonly tc: number } {
  const { nftScaffold, tcScaffold, uploadScaffold, restricted, classOf, classes, leftovers } = changes;
  return {
    nft:
      (nftScaffold.kind === 'keep' ? 0 : 1) +
      restricted.add.length +
      restricted.remove.length +
      classOf.set.length +
      classOf.remove.length,
    tc:
      (tcScaffold.kind === 'keep' ? 0 : 1) +
      (uploadScaffold.kind === 'keep' ? 0 : 1) +
      leftovers.length +
      raisedDevices(changes).length +
      classes.add.length +
      classes.change.length +
      classes.remove.length,
  };
}
