/**
 * Where the tc class of a session stands: a pure function of truth, so that a gateway built anew is identical. A slot is
 * `shard * 65536 + minor`; the shard follows from the address, which lets a classifier find the HTB without a table, and
 * the minor is the lowest one that is free in it.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { HoldfastError } from '@holdfast/base';
import type { TruthTransaction } from './truth.ts';

/** Minors 1 to 65533 of an HTB are sessions'; 65534 and 65535 are left for its root and default class. */
export const slotsPerShard = 65_533;

const shardStride = 65_536;

export interface SessionAddress {
  readonly framedIp: string | null;
  readonly framedIpv6: string | null;
}

/**
 * The shard of a session: the last octet of its IPv4 address, or without one the last byte of its IPv6 address, modulo
 * `shards`. Undefined while no address is known.
 *
 * @throws HoldfastError TRUTH_INVALID - not an address
 */
export function shardOf({ framedIp, framedIpv6 }: SessionAddress, shards: number): number | undefined {
  if (framedIp !== null) return lastOctet(framedIp) % shards;
  return framedIpv6 === null ? undefined : lastByte(framedIpv6) % shards;
}

/** The slot of `minor` in `shard`. */
export function slotFor(shard: number, minor: number): number {
  return shard * shardStride + minor;
}

/** The shard and the minor of a slot: the inverse of `slotFor`. */
export function placeOf(slot: number): { readonly shard: number; readonly minor: number } {
  return { shard: Math.floor(slot / shardStride), minor: slot % shardStride };
}

/**
 * The lowest slot of `shard` that no session of `gateway` has. It is taken by writing it in the same transaction.
 * Costs one look into the index per slot below it.
 *
 * @throws HoldfastError CAPACITY - all 65 533 are taken
 */
export async function lowestFreeSlot(trx: TruthTransaction, gateway: string, shard: number): Promise<number> {
  const first = slotFor(shard, 1);
  if (!(await isTaken(trx, gateway, first))) return first;
  const gap = await trx
    .selectFrom('active_session_locks as taken')
    .select('taken.shaping_slot')
    .where('taken.gateway', '=', gateway)
    .where('taken.shaping_slot', '>=', first)
    .where('taken.shaping_slot', '<', slotFor(shard, slotsPerShard))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('active_session_locks as next')
            .select('next.id')
            .where('next.gateway', '=', gateway)
            .where(({ eb, ref }) => eb('next.shaping_slot', '=', eb(ref('taken.shaping_slot'), '+', 1))),
        ),
      ),
    )
    .orderBy('taken.shaping_slot')
    .limit(1)
    .executeTakeFirst();
  if (typeof gap?.shaping_slot === 'number') return gap.shaping_slot + 1;
  throw new HoldfastError('CAPACITY', `shard ${shard} of gateway ${gateway} has no free slot`, {
    details: { gateway, shard, slotsPerShard },
  });
}

async function isTaken(trx: TruthTransaction, gateway: string, slot: number): Promise<boolean> {
  const row = await trx
    .selectFrom('active_session_locks')
    .select('id')
    .where('gateway', '=', gateway)
    .where('shaping_slot', '=', slot)
    .executeTakeFirst();
  return row !== undefined;
}

function lastOctet(address: string): number {
  if (!isIPv4(address)) throw notAnAddress(address, 'IPv4');
  return Number(address.slice(address.lastIndexOf('.') + 1));
}

function lastByte(address: string): number {
  // A zone (fe80::1%eth0) names an interface of this host, not of the client.
  if (!isIPv6(address) || address.includes('%')) throw notAnAddress(address, 'IPv6');
  const lastGroup = address.slice(address.lastIndexOf(':') + 1);
  if (lastGroup.includes('.')) return lastOctet(lastGroup);
  return lastGroup === '' ? 0 : Number.parseInt(lastGroup, 16) & 0xff;
}

function notAnAddress(address: string, family: string): HoldfastError {
  return new HoldfastError('TRUTH_INVALID', `"${address.slice(0, 45)}" is not an ${family} address`);
}
