/** The outer loop of a sweep: one shard after the other, with a turn for others, a way to stop it, and a word on how far it is. */
import { setImmediate as turn } from 'node:timers/promises';

export interface SweepReport {
  /** Documents that were looked at. */
  readonly shards: number;
  /** Entries that were removed. */
  readonly removed: number;
  readonly kept: number;
  /** Documents that cannot be read; they are left to a steward. */
  readonly damaged: number;
}

export interface SweepOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
}

/** What became of one; undefined for one that cannot be read. */
export type SweptShard = { readonly removed: number; readonly kept: number } | undefined;

/** Documents that are read without a turn of the event loop: less than a millisecond. */
export const shardsAtOnce = 32;

/** @throws the reason of `signal`; what was swept stays so */
export async function sweepShards(
  shards: readonly string[],
  sweepOne: (shard: string) => Promise<SweptShard>,
  { signal, onProgress }: SweepOptions = {},
): Promise<SweepReport> {
  const total = { shards: 0, removed: 0, kept: 0, damaged: 0 };
  for (const shard of shards) {
    signal?.throwIfAborted();
    const swept = await sweepOne(shard);
    total.shards += 1;
    total.removed += swept?.removed ?? 0;
    total.kept += swept?.kept ?? 0;
    total.damaged += swept === undefined ? 1 : 0;
    onProgress?.({ done: total.shards, total: shards.length });
    if (total.shards % shardsAtOnce === 0) await turn();
  }
  return total;
}
