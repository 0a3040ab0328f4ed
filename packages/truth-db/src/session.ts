/**
 * Starting and ending the session of a connection as rows, with its place in the shaping tree. A session is one row per
 * connection: UNIQUE(vpn_connection_id) is the SimUse guard of B055.
 *
 * This is bookkeeping, not admission: it checks neither a password nor whether the connection is allowed (status, grace,
 * customer), gives out no holder token and counts every start as confirmed. It reads and then writes, which is atomic
 * only where a writing transaction excludes all others from its beginning (SQLite).
 */
import { HoldfastError } from '@holdfast/base';
import { unknownGateway } from './gateways.ts';
import { lowestFreeSlot, placeOf, type SessionAddress, shardOf } from './shaping-slot.ts';
import type { ActiveSessionLocksTable } from './tables.ts';
import type { TruthTransaction } from './truth.ts';
import { encodeTime, type Moment, type UtcTime } from './utc-time.ts';

export interface SessionStart {
  readonly gateway: string;
  readonly vpnConnectionId: number;
  /** Names the holder: derived from NAS-IP-Address, Calling-Station-Id and User-Name. */
  readonly sessionKey: string;
  /** Addresses of the client; without any the session has no slot yet. */
  readonly framedIp?: string | null;
  readonly framedIpv6?: string | null;
  readonly nasIp?: string | null;
  readonly ifname?: string | null;
  readonly acctSessionId?: string | null;
  readonly at: Moment;
  readonly expiresAt: Moment;
}

export interface SessionEnd {
  readonly vpnConnectionId: number;
  /** Ends only the session of this holder; without it, whoever holds it. */
  readonly sessionKey?: string;
  /** Why it ended: `user-request`, `nas-reboot`, … */
  readonly reason: string;
  readonly at: Moment;
}

/**
 * Starts, continues or takes over the session of a connection. The same session key continues it: the start is kept, and
 * so is the slot while the shard of the address stays the same. A released or expired session is taken over. The
 * statement that follows in the same transaction should be `recordTrigger`.
 *
 * @returns the slot, null while no address is known
 * @throws HoldfastError LOCK_BUSY - another holder has the session and it has not expired
 * @throws HoldfastError CAPACITY - the shard of the address is full
 * @throws HoldfastError CONFIG_INVALID - truth has no such gateway
 * @throws HoldfastError TRUTH_INVALID - not an address, or truth has no such connection
 */
export async function startSession(
  trx: TruthTransaction,
  start: SessionStart,
): Promise<{ readonly shapingSlot: number | null }> {
  const current = await readLock(trx, start.vpnConnectionId);
  const at = encodeTime(start.at);
  const isLive = current?.state === 'held' && current.expires_at > at;
  if (isLive && current.session_key !== start.sessionKey) throw heldByAnother(start.vpnConnectionId, current);
  const address = { framedIp: start.framedIp ?? null, framedIpv6: start.framedIpv6 ?? null };
  const shapingSlot = await allotSlot(trx, start.gateway, address, current);
  const row = {
    ...describe(start, address),
    ...beginning(at, isLive ? current : undefined),
    shaping_slot: shapingSlot,
  };
  await writeLock(trx, start.vpnConnectionId, current, row);
  return { shapingSlot };
}

/**
 * Marks the held session of a connection as released, frees its slot and remembers it in `released_sessions`.
 *
 * @returns false when there is no such session: never started, ended before, or held by another key
 */
export async function endSession(trx: TruthTransaction, end: SessionEnd): Promise<boolean> {
  const current = await readLock(trx, end.vpnConnectionId);
  if (current?.state !== 'held') return false;
  if (end.sessionKey !== undefined && end.sessionKey !== current.session_key) return false;
  await trx
    .updateTable('active_session_locks')
    .set({ state: 'released', release_reason: end.reason, shaping_slot: null })
    .where('id', '=', current.id)
    .execute();
  await rememberReleased(trx, current, end.reason, encodeTime(end.at));
  return true;
}

type StoredLock = Omit<ActiveSessionLocksTable, 'id'> & { readonly id: number };

function describe(start: SessionStart, address: SessionAddress) {
  return {
    session_key: start.sessionKey,
    expires_at: encodeTime(start.expiresAt),
    state: 'held' as const,
    release_reason: null,
    gateway: start.gateway,
    nas_ip: start.nasIp ?? null,
    ifname: start.ifname ?? null,
    framed_ip: address.framedIp,
    framed_ipv6: address.framedIpv6,
    acct_session_id: start.acctSessionId ?? null,
  };
}

/** What a continued session keeps. A new one starts without it: it would say something about another session. */
function beginning(at: UtcTime, continued: StoredLock | undefined) {
  return {
    acquired_at: continued?.acquired_at ?? at,
    confirmed_at: continued?.confirmed_at ?? at,
    holder_token: continued?.holder_token ?? null,
    request_vector: continued?.request_vector ?? null,
    nas_applied: continued?.nas_applied ?? null,
  };
}

async function readLock(trx: TruthTransaction, vpnConnectionId: number): Promise<StoredLock | undefined> {
  return trx
    .selectFrom('active_session_locks')
    .selectAll()
    .where('vpn_connection_id', '=', vpnConnectionId)
    .executeTakeFirst();
}

async function allotSlot(
  trx: TruthTransaction,
  gateway: string,
  address: SessionAddress,
  current: StoredLock | undefined,
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
  return lowestFreeSlot(trx, gateway, shard);
}

async function writeLock(
  trx: TruthTransaction,
  vpnConnectionId: number,
  current: StoredLock | undefined,
  row: Omit<StoredLock, 'id' | 'vpn_connection_id'>,
): Promise<void> {
  if (current === undefined) {
    await trx
      .insertInto('active_session_locks')
      .values({ ...row, vpn_connection_id: vpnConnectionId })
      .execute();
    return;
  }
  await trx.updateTable('active_session_locks').set(row).where('id', '=', current.id).execute();
  const isTakeover = current.state === 'held' && current.acquired_at !== row.acquired_at;
  if (isTakeover) await rememberReleased(trx, current, 'expired', row.acquired_at);
}

async function rememberReleased(
  trx: TruthTransaction,
  lock: StoredLock,
  reason: string,
  releasedAt: UtcTime,
): Promise<void> {
  await trx
    .insertInto('released_sessions')
    .values({
      vpn_connection_id: lock.vpn_connection_id,
      session_key: lock.session_key,
      gateway: lock.gateway,
      nas_ip: lock.nas_ip,
      acct_session_id: lock.acct_session_id,
      holder_token: lock.holder_token,
      acquired_at: lock.acquired_at,
      released_at: releasedAt,
      release_reason: reason,
    })
    .execute();
}

function heldByAnother(vpnConnectionId: number, current: StoredLock): HoldfastError {
  return new HoldfastError(
    'LOCK_BUSY',
    `the session of connection ${vpnConnectionId} is held by another until ${current.expires_at}`,
    { details: { vpnConnectionId, expiresAt: current.expires_at } },
  );
}
