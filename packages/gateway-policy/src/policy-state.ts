/**
 * What a gateway does to its clients, in one shape for desired and actual, so that their difference is a comparison of
 * texts. Addresses, class ids and rates are in the forms of `address.ts`, `class-id.ts` and `tc-rate.ts`.
 */
import type { Address } from './address.ts';
import type { ClassId } from './class-id.ts';
import type { RateText } from './tc-rate.ts';

export interface PolicyState {
  /** Addresses from and to which nothing is forwarded. */
  readonly restricted: ReadonlySet<Address>;
  /** The tc class of each shaped address. */
  readonly classOf: ReadonlyMap<Address, ClassId>;
  /** The session classes and their rate. */
  readonly classes: ReadonlyMap<ClassId, RateText>;
}

/**
 * The fixed part around the elements: the nft table with its chains and rules, the tc root with its shards and filters.
 * 'missing' means that nothing of ours is there, which is no error: everything is to be built.
 */
export type Scaffold =
  | { readonly kind: 'missing' }
  | { readonly kind: 'intact' }
  /** Something is absent, altered or foreign; `because` names each in one phrase. */
  | { readonly kind: 'damaged'; readonly because: readonly string[] };

export interface ActualState extends PolicyState {
  readonly nft: Scaffold;
  readonly tc: Scaffold;
}
