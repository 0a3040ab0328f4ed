/**
 * The start of a session, as its NAS or its hook reports it: from pending to begun, with its addresses and with its
 * place in the shaping tree. Reporting it again, or with another address, is the same call. A session that had the
 * address before, on the same gateway, ends with it (`reused-address.ts`).
 */
import { sql } from 'kysely';
import { type RecordedTrigger, recordTriggers, type Trigger } from '../trigger.ts';
import type { TruthTransaction } from '../truth.ts';
import { decodeTime, encodeTime, type Moment, type UtcTime } from '../utc-time.ts';
import { allotSlot } from './allot-slot.ts';
import { settleAddress } from './reused-address.ts';
import { lockAsHolder, type NotHolder, type SessionHolder } from './session-holder.ts';
import { isFollowed, type StoredLock } from './session-lock.ts';
import { type AddressColumns, toldAddress } from './told-address.ts';

export interface SessionStarted {
  readonly vpnConnectionId: number;
  readonly holder: SessionHolder;
  /** What the report says; what it leaves out, or gives as null, stays as it is. */
  readonly framedIp?: string | null;
  readonly framedIpv6?: string | null;
  readonly ifname?: string | null;
  readonly nasIp?: string | null;
  readonly acctSessionId?: string | null;
  /** When it was so, not when the report came: of two that tell one address, the later one has it. */
  readonly at: Moment;
  /** A session is never shortened by it. */
  readonly expiresAt: Moment;
}

export type SessionConfirmed =
  | {
      readonly kind: 'confirmed';
      readonly shapingSlot: number | null;
      readonly expiresAt: number;
      /** Empty when nothing has changed for a gateway. */
      readonly triggers: readonly RecordedTrigger[];
    }
  | NotHolder;

/**
 * Confirms a session, if the report is its holder's, and records the trigger for its gateway.
 *
 * @throws HoldfastError CAPACITY - the shard of the address is full
 * @throws HoldfastError TRUTH_INVALID - not an address, or one that nobody can have
 */
export async function confirmSession(
  trx: TruthTransaction,
  started: SessionStarted,
): Promise<SessionConfirmed> {
  const found = await lockAsHolder(trx, { ...started, mayBind: true });
  if (found.kind !== 'holder') return found;
  const { lock } = found;
  const at = encodeTime(started.at);
  const { address, ended } = await settleAddress(trx, { lock, told: toldAddress(started), at });
  const told = { ...address, ...whatIsTold(lock, started) };
  const sessionAddress = { framedIp: address.framed_ip, framedIpv6: address.framed_ipv6 };
  const shapingSlot =
    lock.gateway === null
      ? null
      : await allotSlot(trx, { gateway: lock.gateway, address: sessionAddress, current: lock });
  const row = { ...told, shaping_slot: shapingSlot, confirmed_at: toldAt(lock, address, at) };
  const expiresAt = later(lock.expires_at, encodeTime(started.expiresAt));
  await write(trx, lock, { ...row, expires_at: expiresAt });
  const next = { ...lock, ...row };
  const changed = isFollowed(next) && isNewsFor(lock, next, at) ? [next] : [];
  const triggers = await recordTriggers(trx, [
    ...ended.filter(isFollowed).map((one) => triggerOf('session-address-reused', one, started.at)),
    ...changed.map((one) => triggerOf('session-start', one, started.at)),
  ]);
  return { kind: 'confirmed', shapingSlot, expiresAt: decodeTime(expiresAt), triggers };
}

function triggerOf(reason: string, lock: StoredLock & { readonly gateway: string }, at: Moment): Trigger {
  return { gateway: lock.gateway, reason, vpnConnectionId: lock.vpn_connection_id, at };
}

/** Since when the session has its addresses: they are as old as the newest report that changed one. */
function toldAt(lock: StoredLock, address: AddressColumns, at: UtcTime): UtcTime {
  if (lock.confirmed_at === null) return at;
  const isSame = address.framed_ip === lock.framed_ip && address.framed_ipv6 === lock.framed_ipv6;
  return isSame ? lock.confirmed_at : later(lock.confirmed_at, at);
}

function whatIsTold(lock: StoredLock, started: SessionStarted) {
  return {
    ifname: started.ifname ?? lock.ifname,
    nas_ip: started.nasIp ?? lock.nas_ip,
    acct_session_id: started.acctSessionId ?? boundId(started.holder) ?? lock.acct_session_id,
  };
}

function boundId(holder: SessionHolder): string | undefined {
  return 'acctSessionId' in holder ? holder.acctSessionId : undefined;
}

async function write(
  trx: TruthTransaction,
  lock: StoredLock,
  row: Partial<Omit<StoredLock, 'id'>>,
): Promise<void> {
  await trx
    .updateTable('active_session_locks')
    .set(row)
    .where('id', '=', lock.id)
    .where('state', '=', 'held')
    .where(sql<boolean>`holder_token = ${lock.holder_token}`)
    .execute();
}

/** Whether a gateway has to look: what it acts on has changed, or it has counted the session as over. */
function isNewsFor(before: StoredLock, after: StoredLock, at: UtcTime): boolean {
  const isChanged = (['framed_ip', 'framed_ipv6', 'ifname', 'shaping_slot'] as const).some(
    (column) => before[column] !== after[column],
  );
  return isChanged || before.confirmed_at === null || before.expires_at <= at;
}

function later(one: UtcTime, other: UtcTime): UtcTime {
  return one > other ? one : other;
}
