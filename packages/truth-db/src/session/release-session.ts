/**
 * The end of a session: by its holder's Stop, by the compensation of a request that was answered too late, or by hand.
 * Each ends exactly the session that is meant and none that came after it.
 */
import { type RecordedTrigger, recordTriggers } from '../trigger.ts';
import type { TruthTransaction } from '../truth.ts';
import { encodeTime, type Moment } from '../utc-time.ts';
import { type EndLocks, endLocks } from './end-locks.ts';
import { lockAsHolder, type NotHolder, type SessionHolder } from './session-holder.ts';
import {
  describeHeld,
  isFollowed,
  lockConnections,
  lockSession,
  type SessionHeld,
  type StoredLock,
} from './session-lock.ts';

interface Ending {
  readonly vpnConnectionId: number;
  readonly at: Moment;
}

export interface SessionStopped extends Ending {
  readonly holder: SessionHolder;
  /** Why: `user-request`, `lost-carrier`, …; at most 64 characters. */
  readonly reason: string;
}

export interface PendingReleased extends Ending {
  /** Packet-Authentication-Vector of the request that took it. */
  readonly requestVector: string;
}

export interface ReleasedByHand extends Ending {
  readonly reason: string;
  /** The session that the operator looked at, as `SessionHeld.acquiredAt` told it: one that came meanwhile stays. */
  readonly acquiredAt?: number;
}

export interface SessionReleased {
  readonly kind: 'released';
  readonly session: SessionHeld;
  /** Empty when no gateway had anything to do for it. */
  readonly triggers: readonly RecordedTrigger[];
}

/** Ends a session, if the stop is its holder's. */
export async function releaseSession(
  trx: TruthTransaction,
  stopped: SessionStopped,
): Promise<SessionReleased | NotHolder> {
  await lockConnections(trx, [stopped.vpnConnectionId]);
  const found = await lockAsHolder(trx, { ...stopped, mayBind: false });
  return found.kind === 'holder' ? release(trx, found.lock, stopped) : found;
}

/**
 * Takes back what one request has taken, if its start was not reported meanwhile: the answer to it was lost, and the
 * login was rejected. For every other request it changes nothing.
 */
export async function releasePendingSession(
  trx: TruthTransaction,
  pending: PendingReleased,
): Promise<SessionReleased | { readonly kind: 'absent' }> {
  await lockConnections(trx, [pending.vpnConnectionId]);
  const lock = await lockSession(trx, pending.vpnConnectionId);
  const isMeant =
    lock?.state === 'held' && lock.confirmed_at === null && lock.request_vector === pending.requestVector;
  return isMeant ? release(trx, lock, { reason: 'request-failed', at: pending.at }) : { kind: 'absent' };
}

/** Ends the session of a connection whoever holds it: the operator says so, with a reason that is kept. */
export async function releaseSessionByHand(
  trx: TruthTransaction,
  byHand: ReleasedByHand,
): Promise<SessionReleased | { readonly kind: 'absent' }> {
  await lockConnections(trx, [byHand.vpnConnectionId]);
  const lock = await lockSession(trx, byHand.vpnConnectionId);
  if (lock?.state !== 'held') return { kind: 'absent' };
  const isMeant = byHand.acquiredAt === undefined || lock.acquired_at === encodeTime(byHand.acquiredAt);
  return isMeant ? release(trx, lock, { ...byHand, mayLiveAtNas: true }) : { kind: 'absent' };
}

async function release(
  trx: TruthTransaction,
  lock: StoredLock,
  { reason, at, mayLiveAtNas = false }: Omit<EndLocks, 'at'> & { readonly at: Moment },
): Promise<SessionReleased> {
  await endLocks(trx, [lock], { reason, at: encodeTime(at), mayLiveAtNas });
  const trigger = { reason: 'session-end', vpnConnectionId: lock.vpn_connection_id, at };
  const triggers = isFollowed(lock) ? await recordTriggers(trx, [{ ...trigger, gateway: lock.gateway }]) : [];
  return { kind: 'released', session: describeHeld(lock), triggers };
}
