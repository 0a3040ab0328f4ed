/**
 * Taking the session of a connection, after the password was right: SimUse = 1. The first one has it; the same device is
 * the same session; a stale one is taken over; everybody else is told who has it and until when.
 *
 * What is taken is pending: it expires soon unless `confirmSession` reports the start. Until then it has no address, so
 * no gateway has anything to do for it and no trigger is recorded, except for what it displaces.
 */
import { randomUUID } from 'node:crypto';
import { isHoldfastError } from '@holdfast/base';
import { sql } from 'kysely';
import type { ConnectionStatus } from '../gateway-snapshot.ts';
import { requireGateway } from '../gateways.ts';
import { whyRefused } from '../restricted-effective.ts';
import { statement } from '../statement-text.ts';
import type { CustomerStatus } from '../tables.ts';
import { type RecordedTrigger, recordTriggers } from '../trigger.ts';
import type { TruthTransaction } from '../truth.ts';
import { decodeTime, encodeTime, type Moment } from '../utc-time.ts';
import { endLocks } from './end-locks.ts';
import { describeHeld, isFollowed, type SessionHeld, type StoredLock } from './session-lock.ts';
import { takeLock } from './take-lock.ts';

export interface SessionRequest {
  readonly vpnConnectionId: number;
  readonly gateway: string;
  /** Of `sessionKeyOf`. */
  readonly sessionKey: string;
  /** Packet-Authentication-Vector of the request: the same one is the same request, sent again. */
  readonly requestVector: string;
  /** Where the packet came from. */
  readonly nasIp?: string | null;
  readonly at: Moment;
  /** When it is free again if its start is never reported; later than `at`. */
  readonly expiresAt: Moment;
}

export interface SessionGrant {
  /** To be sent as `Class`: whoever shows it is the holder. */
  readonly holderToken: string;
  /** In milliseconds since the Unix epoch. */
  readonly expiresAt: number;
  /** For the gateway whose session was displaced. */
  readonly triggers: readonly RecordedTrigger[];
}

export type SessionAnswer =
  | ({ readonly kind: 'granted' } & SessionGrant)
  /** The same request again, or the same device that comes back: if its earlier session had begun, that one has ended. */
  | ({ readonly kind: 'same-session' } & SessionGrant)
  /** The time of `from` was over. */
  | ({ readonly kind: 'taken-over'; readonly from: SessionHeld } & SessionGrant)
  | { readonly kind: 'busy'; readonly by: SessionHeld; readonly until: number }
  | { readonly kind: 'refused'; readonly because: 'unknown' | 'disabled' | 'suspended' | 'deleted' };

/**
 * Takes the session of a connection, or says why not. Nothing was changed when the answer is `busy` or `refused`.
 *
 * @throws HoldfastError CONFIG_INVALID - truth has no such gateway
 */
export async function acquireSession(trx: TruthTransaction, request: SessionRequest): Promise<SessionAnswer> {
  const because = await refusalOf(trx, request.vpnConnectionId);
  if (because !== undefined) return { kind: 'refused', because };
  const { lock, isTaken } = await take(trx, request);
  if (isTaken) return { kind: 'granted', ...grantOf(lock) };
  const standing = standingOf(lock, request);
  if (standing === 'ours') return { kind: 'same-session', ...grantOf(lock) };
  const from = describeHeld(lock);
  if (standing === 'busy') return { kind: 'busy', by: from, until: from.expiresAt };
  const grant = await displace(trx, lock, standing, request);
  return standing === 'expired' ? { kind: 'taken-over', from, ...grant } : { kind: 'same-session', ...grant };
}

const statusOfConnection = statement<{ status: ConnectionStatus; customer: CustomerStatus | null }>(
  ({ forUpdate, forShare }) => sql`
    select c.status as status,
           (select u.status from customers u where u.id = c.customer_id ${forShare}) as customer
    from vpn_connections c where c.id = ${0} ${forUpdate}`,
);

/**
 * Why the connection must not have a session, undefined when it may. It cannot be disabled, nor its customer be
 * suspended, before this transaction has ended: who does that waits, and then finds the session.
 */
async function refusalOf(
  trx: TruthTransaction,
  vpnConnectionId: number,
): Promise<'unknown' | 'disabled' | 'suspended' | 'deleted' | undefined> {
  const { rows } = await statusOfConnection(trx, [vpnConnectionId]);
  const [row] = rows;
  if (row === undefined) return 'unknown';
  const { status, customer } = row;
  return whyRefused({ status, restrictedReason: null, customerStatus: customer });
}

async function take(
  trx: TruthTransaction,
  request: SessionRequest,
): Promise<{ readonly lock: StoredLock; readonly isTaken: boolean }> {
  const holderToken = randomUUID(); // 122 random bits, from a store of them
  try {
    const lock = await takeLock(trx, {
      proposed: {
        vpn_connection_id: request.vpnConnectionId,
        session_key: request.sessionKey,
        acquired_at: encodeTime(request.at),
        expires_at: encodeTime(request.expiresAt),
        gateway: request.gateway,
        nas_ip: request.nasIp ?? null,
        ifname: null,
        framed_ip: null,
        framed_ipv6: null,
        acct_session_id: null,
        holder_token: holderToken,
        request_vector: request.requestVector,
        confirmed_at: null,
      },
      mayRejoin: true,
    });
    return { lock, isTaken: lock.holder_token === holderToken };
  } catch (error) {
    if (isHoldfastError(error, 'TRUTH_INVALID')) await requireGateway(trx, request.gateway);
    throw error;
  }
}

/** What a lock that could not be taken is to the request. */
function standingOf(lock: StoredLock, request: SessionRequest): 'ours' | 'expired' | 'reconnected' | 'busy' {
  if (lock.expires_at <= encodeTime(request.at)) return 'expired';
  if (lock.session_key !== request.sessionKey) return 'busy';
  return lock.request_vector === request.requestVector ? 'ours' : 'reconnected';
}

/** Ends the session that stands in the way, which this transaction has locked, and takes its place. */
async function displace(
  trx: TruthTransaction,
  lock: StoredLock,
  reason: 'expired' | 'reconnected',
  request: SessionRequest,
): Promise<SessionGrant> {
  await endLocks(trx, [lock], { reason, at: encodeTime(request.at), mayLiveAtNas: true });
  const taken = await take(trx, request);
  const triggers = isFollowed(lock)
    ? [
        {
          gateway: lock.gateway,
          reason: `session-${reason}`,
          vpnConnectionId: request.vpnConnectionId,
          at: request.at,
        },
      ]
    : [];
  return { ...grantOf(taken.lock), triggers: await recordTriggers(trx, triggers) };
}

function grantOf(lock: StoredLock): SessionGrant {
  return { holderToken: lock.holder_token ?? '', expiresAt: decodeTime(lock.expires_at), triggers: [] };
}
