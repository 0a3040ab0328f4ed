/**
 * What differs between the ways to shape. Both have the table `inet holdfast`; what stands in it, and what tc has to do, is
 * the layout's.
 */
import type { Held } from '@holdfast/base';
import type { Changes } from '../changes.ts';
import type { ActualState } from '../policy-state.ts';

/** What the commands printed. */
export interface KernelListing {
  /** Undefined when the table does not exist. */
  readonly nft: string | undefined;
  readonly tc: string;
  /** What `ip` printed of the devices of a shared device's gateway. */
  readonly links?: string;
  /** JSON of the qdiscs of all devices, where a shared device's table was not built for it. */
  readonly qdiscs?: string;
  /** What carries the upload of a shared device, where its device exists; each is undefined when it does not. */
  readonly upload?: { readonly nft: string | undefined; readonly tc: string | undefined };
}

/** The tc effects of one write. */
export interface TcEffects {
  readonly addClasses: () => Promise<void>;
  readonly removeClasses: () => Promise<void>;
  /** Undoes `addClasses` as far as it got. */
  readonly takeBack: () => Promise<void>;
}

export interface KernelLayout {
  /** Waits for all its commands even when one fails, so that no child outlives the call. */
  list(): Promise<KernelListing>;
  /** @throws HoldfastError DATAPLANE_FAILED - a list is malformed */
  actualOf(listing: KernelListing): ActualState;
  nftScript(changes: Changes): string;
  /** What stands for it in a check: what the transaction needs may not exist yet. */
  nftCheckScript(changes: Changes): string;
  nftDeltaScript(changes: Changes): string;
  tcEffects(changes: Changes, held: Held): TcEffects;
}

/** The results of commands that run at once, after the last has ended; the first failure in their order is thrown. */
export async function allEnded<Results extends readonly unknown[]>(
  running: {
    readonly [Index in keyof Results]: Promise<Results[Index]>;
  },
): Promise<Results> {
  const ended = await Promise.allSettled(running);
  for (const result of ended) if (result.status === 'rejected') throw result.reason;
  return ended.map((result) =>
    result.status === 'fulfilled' ? result.value : undefined,
  ) as unknown as Results;
}
