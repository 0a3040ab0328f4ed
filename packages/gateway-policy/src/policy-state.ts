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
  /**
   * What nft says of those who are limited. On a shared device the tc class of each shaped address, `10.0.0.1` → `3:1f`,
   * and of its upload, `10.0.0.1/up` → `3:1f/up`. Per interface the upload limit of each device, `ppp0/up` → `5Mbit`.
   */
  readonly classOf: ReadonlyMap<string, string>;
  /** What tc shapes, and its rate: the classes `3:1f` and `3:1f/up` of a shared device, or the devices `ppp0`. */
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
  /**
   * What carries the upload of a shared device: a second device with a tree of its own, and the nft table that leads
   * packets there. 'missing' is right as long as nobody has an upload limit; absent where the layout has no such thing.
   */
  readonly upload?: Scaffold;
  /**
   * Per interface: the devices that there are, each with the foreign qdisc that keeps us from shaping it, or null. Absent
   * for a shared device.
   */
  readonly devices?: ReadonlyMap<string, string | null>;
  /** Devices of a shared-device gateway that are down, so that nothing passes. Absent when all are up. */
  readonly down?: readonly DownDevice[];
  /** What was built for another device or layout of this gateway and still stands. Absent when there is nothing. */
  readonly leftovers?: readonly Leftover[];
}

export interface DownDevice {
  readonly device: string;
  /** False for the gateway's device: it is that of a tunnel daemon, or of the operator, who had a reason. */
  readonly isOurs: boolean;
}

export interface Leftover {
  /** The tree of a shared device, the qdisc of a session's own device, or the device that carried upload. */
  readonly kind: 'tree' | 'qdisc' | 'upload';
  readonly device: string;
}
