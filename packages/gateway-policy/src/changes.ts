/**
 * What separates the actual state from the desired one, as a value: the same object is shown by a dry run, judged by
 * the removal guard and written by a dataplane. Lists are sorted, so equal differences are equal texts.
 */
import type { Address } from './address.ts';
import type { ClassId } from './class-id.ts';
import type { PolicyState } from './policy-state.ts';
import type { RateText } from './tc-rate.ts';

/** What becomes of the nft table: 'create' where there is none, 'rebuild' replaces all of it in one transaction. */
export type NftScaffoldChange =
  | { readonly kind: 'keep' }
  | { readonly kind: 'create' }
  | { readonly kind: 'rebuild'; readonly because: readonly string[] };

/** What becomes of the tc tree: 'build' over the kernel's default qdisc, 'rebuild' deletes the root first. */
export type TcScaffoldChange =
  | { readonly kind: 'keep' }
  | { readonly kind: 'build' }
  | { readonly kind: 'rebuild'; readonly because: readonly string[] };

export interface Changes {
  readonly nftScaffold: NftScaffoldChange;
  readonly tcScaffold: TcScaffoldChange;
  readonly restricted: { readonly add: readonly Address[]; readonly remove: readonly Address[] };
  readonly classOf: {
    /** `from` is null for an address that has no class yet. */
    readonly set: readonly {
      readonly address: Address;
      readonly from: ClassId | null;
      readonly to: ClassId;
    }[];
    readonly remove: readonly { readonly address: Address; readonly from: ClassId }[];
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
  /** The whole desired state: what a scaffold that is built anew is filled with. */
  readonly desired: PolicyState;
}

/** The effects of a write, in the order in which they happen. */
export type DataplaneStep = 'tc-add' | 'nft' | 'tc-remove';

/** The steps that these changes need; none for an empty difference. */
export function stepsOf(changes: Changes): readonly DataplaneStep[] {
  const { nftScaffold, tcScaffold, restricted, classOf, classes } = changes;
  const isTcKept = tcScaffold.kind === 'keep';
  const nftCount =
    restricted.add.length + restricted.remove.length + classOf.set.length + classOf.remove.length;
  const steps: DataplaneStep[] = [];
  if (!isTcKept || classes.add.length + classes.change.length > 0) steps.push('tc-add');
  if (nftScaffold.kind !== 'keep' || nftCount > 0) steps.push('nft');
  // A tree that is built anew holds nothing to remove.
  if (isTcKept && classes.remove.length > 0) steps.push('tc-remove');
  return steps;
}

/** True when desired and actual are equal: writing these changes does nothing. */
export function isEmpty(changes: Changes): boolean {
  return stepsOf(changes).length === 0;
}

/** How many objects differ, for reports. A scaffold that is created or rebuilt counts as one. */
export function countChanges(changes: Changes): { readonly nft: number; readonly tc: number } {
  const { nftScaffold, tcScaffold, restricted, classOf, classes } = changes;
  return {
    nft:
      (nftScaffold.kind === 'keep' ? 0 : 1) +
      restricted.add.length +
      restricted.remove.length +
      classOf.set.length +
      classOf.remove.length,
    tc:
      (tcScaffold.kind === 'keep' ? 0 : 1) +
      classes.add.length +
      classes.change.length +
      classes.remove.length,
  };
}
