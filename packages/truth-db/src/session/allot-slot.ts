/** The place of a session in the shaping tree: kept while the shard of its address stays the same, else the lowest free one. */
import { unknownGateway } from '../gateways.ts';
import { lowestFreeSlot, placeOf, type SessionAddress, shardOf } from '../shaping-slot.ts';
import { holdCounters } from '../trigger.ts';
import type { TruthTransaction } from '../truth.ts';

export interface SlotRequest {
  readonly gateway: string;
  readonly address: SessionAddress;
  /** What the session had until now. */
  readonly current: { readonly gateway: string | null; readonly shaping_slot: number | null } | undefined;
}

/**
 * Two sessions of a gateway must not find the same slot free, so the counters of triggers are taken here already: of the
 * gateway, and of the one it comes from, which has to be told as well.
 *
 * @returns null while no address is known
 * @throws HoldfastError CONFIG_INVALID - truth has no such gateway
 * @throws HoldfastError CAPACITY - the shard of the address is full
 * @throws HoldfastError TRUTH_INVALID - not an address
 */
export async function allotSlot(
  trx: TruthTransaction,
  { gateway, address, current }: SlotRequest,
): Promise<number | null> {
  const row = await trx
    .selectFrom('gateways')
    .select('shards')
    .where('name', '=', gateway)
    .executeTakeFirst();
  if (row === undefined) throw unknownGateway(gateway);
  const shard = shardOf(address, row.shards);
  if (shard === undefined) return null;
  const kept = current?.gateway === gateway ? current.shaping_slot : null;
  if (kept !== null && placeOf(kept).shard === shard) return kept;
  const previous = current?.gateway ?? gateway;
  await holdCounters(trx, [gateway, previous]);
  return lowestFreeSlot(trx, gateway, shard);
}
