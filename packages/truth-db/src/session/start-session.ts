/**
 * Starting and ending a session in one step, for whoever admits clients by other means than RADIUS (a tunnel whose peers
 * are configured, a demo): the start is confirmed at once.
 *
 * This is bookkeeping, not admission: it checks neither a password nor whether the connection is allowed (status, grace,
 * customer), and its holder is named by the session key alone. `acquireSession` and `confirmSession` admit.
 */
import { randomBytes } from 'node:crypto';
import { HoldfastError, isHoldfastError } from '@holdfast/base';
import { requireGateway } from '../gateways.ts';
import { holdCounters } from '../trigger.ts';
import type { TruthTransaction } from '../truth.ts';
import { encodeTime, type Moment } from '../utc-time.ts';
import { allotSlot } from './allot-slot.ts';
import { endLocks } from './end-locks.ts';
import { lockConnections, lockSession, type StoredLock } from './session-lock.ts';
import { type ProposedLock, takeLock } from './take-lock.ts';

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
  await lockConnections(trx, [start.vpnConnectionId]);
  const { current, previous } = await takeOrContinue(trx, start);
  const { gateway, framedIp = null, framedIpv6 = null } = start;
  const shapingSlot = await allotSlot(trx, { gateway, address: { framedIp, framedIpv6 }, current: previous });
  await trx
    .updateTable('active_session_locks')
    .set({
      ...toldBy(start),
      expires_at: encodeTime(start.expiresAt),
      confirmed_at: current.confirmed_at ?? encodeTime(start.at),
      shaping_slot: shapingSlot,
    })
    .where('id', '=', current.id)
    .where('state', '=', 'held')
    .execute();
  return { shapingSlot };
}

/**
 * Marks the held session of a connection as released, frees its slot and remembers it in `released_sessions`.
 *
 * @returns false when there is no such session: never started, ended before, or held by another key
 */
export async function endSession(trx: TruthTransaction, end: SessionEnd): Promise<boolean> {
  await lockConnections(trx, [end.vpnConnectionId]);
  const lock = await lockSession(trx, end.vpnConnectionId);
  if (lock?.state !== 'held') return false;
  if (end.sessionKey !== undefined && end.sessionKey !== lock.session_key) return false;
  await endLocks(trx, [lock], { reason: end.reason, at: encodeTime(end.at) });
  return true;
}

/** @returns the lock of this start, and the one whose slot it may keep: its own or that of the session before */
async function takeOrContinue(
  trx: TruthTransaction,
  start: SessionStart,
): Promise<{ readonly current: StoredLock; readonly previous: StoredLock }> {
  const at = encodeTime(start.at);
  const proposed = {
    ...toldBy(start),
    vpn_connection_id: start.vpnConnectionId,
    session_key: start.sessionKey,
    acquired_at: at,
    expires_at: encodeTime(start.expiresAt),
    // Told to nobody: it is how the row says that it was taken.
    holder_token: randomBytes(18).toString('base64url'),
    request_vector: null,
    confirmed_at: null,
  };
  const found = await takeNamed(trx, proposed);
  if (found.holder_token === proposed.holder_token) return { current: found, previous: found };
  const isExpired = found.expires_at <= at;
  if (!isExpired && found.session_key !== start.sessionKey) throw heldByAnother(start.vpnConnectionId, found);
  if (!isExpired) return { current: found, previous: found };
  await holdCounters(trx, [start.gateway, found.gateway ?? start.gateway]);
  await endLocks(trx, [found], { reason: 'expired', at, mayLiveAtNas: true });
  return { current: await takeNamed(trx, proposed), previous: { ...found, shaping_slot: null } };
}

/** Tells a gateway that is not there from a connection that is not there. */
async function takeNamed(trx: TruthTransaction, proposed: ProposedLock): Promise<StoredLock> {
  try {
    return await takeLock(trx, proposed);
  } catch (error) {
    if (isHoldfastError(error, 'TRUTH_INVALID') && proposed.gateway !== null) {
      await requireGateway(trx, proposed.gateway);
    }
    throw error;
  }
}

function toldBy(start: SessionStart) {
  return {
    gateway: start.gateway,
    nas_ip: start.nasIp ?? null,
    ifname: start.ifname ?? null,
    framed_ip: start.framedIp ?? null,
    framed_ipv6: start.framedIpv6 ?? null,
    acct_session_id: start.acctSessionId ?? null,
  };
}

function heldByAnother(vpnConnectionId: number, current: StoredLock): HoldfastError {
  return new HoldfastError(
    'LOCK_BUSY',
    `the session of connection ${vpnConnectionId} is held by another until ${current.expires_at}`,
    { details: { vpnConnectionId, expiresAt: current.expires_at } },
  );
}
