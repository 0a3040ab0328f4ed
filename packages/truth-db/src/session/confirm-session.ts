/**
 * The start of a session, as its NAS or its hook reports it: from pending to begun, with its addresses and with its
 * place in the shaping tree. Reporting it again, or with another address, is the same call. A session that had the
 * address before, on the same gateway, ends with it (`end-earlier-owners.ts`).
 */
import { sql } from 'kysely';
import { type RecordedTrigger, recordTriggers, type Trigger } from '../trigger.ts';
import type { TruthTransaction } from '../truth.ts';
import { decodeTime, encodeTime, type Moment, type UtcTime } from '../utc-time.ts';
import { allotSlot } from './allot-slot.ts';
import { endEarlierOwners, type OwnColumns, ownColumns } from './end-earlier-owners.ts';
import { lockAsHolder, type NotHolder, type SessionHolder } from './session-holder.ts';
import { isFollowed, type StoredLock } from './session-lock.ts';
import { toldAddress } from './told-address.ts';

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
  const told = { ...toldAddress(started), ifname: started.ifname ?? null };
  const { own, reused } = await settleOwn(trx, { lock, told, at });
  const address = { framedIp: own.framed_ip, framedIpv6: own.framed_ipv6 };
  const shapingSlot =
    lock.gateway === null ? null : await allotSlot(trx, { gateway: lock.gateway, address, current: lock });
  const row = {
    ...own,
    ...whatIsTold(lock, started),
    shaping_slot: shapingSlot,
    confirmed_at: toldAt(lock, own, at),
  };
  const expiresAt = later(lock.expires_at, encodeTime(started.expiresAt));
  await write(trx, lock, { ...row, expires_at: expiresAt });
  const next = { ...lock, ...row };
  const changed = isFollowed(next) && isNewsFor(lock, next, at) ? [next] : [];
  const triggers = await recordTriggers(trx, [
    ...reused,
    ...changed.map((one) => triggerOf('session-start', one, started.at)),
  ]);
  return { kind: 'confirmed', shapingSlot, expiresAt: decodeTime(expiresAt), triggers };
}

interface ToldOwn {
  readonly lock: StoredLock;
  /** Null leaves it as it is. */
  readonly told: OwnColumns;
  /** When it was so. */
  readonly at: UtcTime;
}

/**
 * Gives a session the addresses and the device that were told. A report that is older than what the session was told last
 * only fills in what is not known yet; one that is older than what another session of the gateway was told of the same is
 * late, and changes neither of them.
 */
async function settleOwn(
  trx: TruthTransaction,
  { lock, told, at }: ToldOwn,
): Promise<{ readonly own: OwnColumns; readonly reused: readonly Trigger[] }> {
  const isOlder = lock.confirmed_at !== null && at < lock.confirmed_at;
  const next = <Column extends keyof OwnColumns>(column: Column) =>
    isOlder ? (lock[column] ?? told[column]) : (told[column] ?? lock[column]);
  const own = { framed_ip: next('framed_ip'), framed_ipv6: next('framed_ipv6'), ifname: next('ifname') };
  if (lock.gateway === null) return { own, reused: [] };
  const isNew = (column: keyof OwnColumns) => (own[column] === lock[column] ? null : own[column]);
  const reused = await endEarlierOwners(trx, {
    gateway: lock.gateway,
    vpnConnectionId: lock.vpn_connection_id,
    news: { framed_ip: isNew('framed_ip'), framed_ipv6: isNew('framed_ipv6'), ifname: isNew('ifname') },
    isOlderThan: ({ confirmed_at: since }) => since !== null && since > at,
    at: decodeTime(at),
  });
  if (reused !== 'late') return { own, reused };
  const { framed_ip, framed_ipv6, ifname } = lock;
  return { own: { framed_ip, framed_ipv6, ifname }, reused: [] };
}

function triggerOf(reason: string, lock: StoredLock & { readonly gateway: string }, at: Moment): Trigger {
  return { gateway: lock.gateway, reason, vpnConnectionId: lock.vpn_connection_id, at };
}

/** Since when the session has its addresses and its device: they are as old as the newest report that changed one. */
function toldAt(lock: StoredLock, own: OwnColumns, at: UtcTime): UtcTime {
  if (lock.confirmed_at === null) return at;
  const isSame = ownColumns.every((column) => own[column] === lock[column]);
  return isSame ? lock.confirmed_at : later(lock.confirmed_at, at);
}

function whatIsTold(lock: StoredLock, started: SessionStarted) {
  return {
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
