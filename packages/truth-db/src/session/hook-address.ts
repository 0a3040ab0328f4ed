/**
 * An address belongs to one session of a gateway: the daemon has given it to the last one, so who had it before has it no
 * more, even if its end was lost on the way here.
 */

import { recordTriggers } from '../trigger.ts';
import type { TruthTransaction } from '../truth.ts';
import { encodeTime } from '../utc-time.ts';
import { allotSlot } from './allot-slot.ts';
import { endLocks } from './end-locks.ts';
import type { HookEvent } from './hook-event.ts';
import { type HookIdentity, isBefore, isHookKey, readIdentity } from './hook-identity.ts';
import { lockConnections, lockSession, type StoredLock } from './session-lock.ts';

export interface HookAddresses {
  readonly framedIp: string | null;
  readonly framedIpv6: string | null;
}

/**
 * Takes the addresses from other sessions of the gateway. One that hooks have told about has ended; one that RADIUS has
 * admitted only loses the address, since its own Stop ends it.
 *
 * @returns false when one of them was given away again since the event: then the event is too late
 */
export async function takeAddresses(
  trx: TruthTransaction,
  event: HookEvent,
  { identity, addresses }: { readonly identity: HookIdentity; readonly addresses: HookAddresses },
): Promise<boolean> {
  const owners: StoredLock[] = [];
  for (const id of await ownersOf(trx, event, addresses)) {
    await lockConnections(trx, [id]);
    const lock = await lockSession(trx, id);
    if (lock?.state === 'held' && lock.gateway === event.gateway) owners.push(lock);
  }
  const isNewer = (lock: StoredLock) =>
    isBefore(identity, readIdentity(lock.acct_session_id), lock.confirmed_at ?? lock.acquired_at);
  if (owners.some(isNewer)) return false;
  for (const owner of owners) await takeFrom(trx, event, owner, addresses);
  return true;
}

/** Connections other than that of the event whose session has one of the addresses. */
async function ownersOf(
  trx: TruthTransaction,
  { gateway, vpnConnectionId }: HookEvent,
  { framedIp, framedIpv6 }: HookAddresses,
): Promise<readonly number[]> {
  const held = trx
    .selectFrom('active_session_locks')
    .select('vpn_connection_id')
    .where('gateway', '=', gateway)
    .where('state', '=', 'held')
    .where('vpn_connection_id', '!=', vpnConnectionId);
  const found = [
    ...(framedIp === null ? [] : await held.where('framed_ip', '=', framedIp).execute()),
    ...(framedIpv6 === null ? [] : await held.where('framed_ipv6', '=', framedIpv6).execute()),
  ];
  return [...new Set(found.map((row) => row.vpn_connection_id))].toSorted((one, other) => one - other);
}

async function takeFrom(
  trx: TruthTransaction,
  event: HookEvent,
  owner: StoredLock,
  taken: HookAddresses,
): Promise<void> {
  if (isHookKey(owner.session_key)) {
    await endLocks(trx, [owner], { reason: 'address-reused', at: encodeTime(event.at) });
  } else {
    await giveUpAddresses(trx, owner, {
      framedIp: owner.framed_ip === taken.framedIp ? null : owner.framed_ip,
      framedIpv6: owner.framed_ipv6 === taken.framedIpv6 ? null : owner.framed_ipv6,
    });
  }
  const { gateway, at } = event;
  await recordTriggers(trx, [
    { gateway, reason: 'address-reused', vpnConnectionId: owner.vpn_connection_id, at },
  ]);
}

/** Leaves a held session with these addresses only, and with the slot that goes with them. */
export async function giveUpAddresses(
  trx: TruthTransaction,
  lock: StoredLock,
  left: HookAddresses,
): Promise<void> {
  const { gateway } = lock;
  const shapingSlot =
    gateway === null ? null : await allotSlot(trx, { gateway, address: left, current: lock });
  await trx
    .updateTable('active_session_locks')
    .set({ framed_ip: left.framedIp, framed_ipv6: left.framedIpv6, shaping_slot: shapingSlot })
    .where('id', '=', lock.id)
    .where('state', '=', 'held')
    .execute();
}
