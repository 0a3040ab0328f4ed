/**
 * The lock of a connection's session as it is stored, and how it is read to be changed. One row per connection:
 * UNIQUE(vpn_connection_id) is the guard of B055, and everything here keeps that row and reuses it.
 *
 * Order of locks on an engine that has row locks: connection, session lock, counter of triggers. Who may write a
 * tombstone (whose foreign key looks at the connection) locks the connection first; the counter is last because it is
 * kept until the commit and everybody wants it.
 */
import { type RawBuilder, type Selectable, sql } from 'kysely';
import { type EngineSql, engineSql } from '../engine-sql.ts';
import { isOneOf, listStatement } from '../list-statement.ts';
import type { ActiveSessionLocksTable } from '../tables.ts';
import type { TruthTransaction } from '../truth.ts';
import { decodeTime, encodeTime } from '../utc-time.ts';

export type StoredLock = Selectable<ActiveSessionLocksTable>;

/** A session, as those are told about it who do not hold it. */
export interface SessionHeld {
  readonly sessionKey: string;
  readonly gateway: string | null;
  readonly nasIp: string | null;
  readonly acctSessionId: string | null;
  /** In milliseconds since the Unix epoch, like every time of a result. */
  readonly acquiredAt: number;
  readonly expiresAt: number;
  /** False while its start was not reported yet. */
  readonly isConfirmed: boolean;
}

/**
 * What `expires_at` of a released lock says: it has nothing left that could expire. So the janitor's scan over that
 * index ends where the live ones begin, however many released ones there are.
 */
export const neverExpires = encodeTime(Date.UTC(9999, 11, 31, 23, 59, 59, 999));

/** In the order in which a new row is inserted. */
export const lockColumns = [
  'vpn_connection_id',
  'session_key',
  'acquired_at',
  'expires_at',
  'state',
  'release_reason',
  'gateway',
  'nas_ip',
  'ifname',
  'framed_ip',
  'framed_ipv6',
  'acct_session_id',
  'holder_token',
  'request_vector',
  'confirmed_at',
  'nas_applied',
  'shaping_slot',
] as const satisfies readonly (keyof StoredLock)[];

/** The locks of so many connections, in their order and locked until the end of the transaction. */
export function selectLocks({ forUpdate, byIndex }: EngineSql, length: number): RawBuilder<StoredLock> {
  return sql`
    select ${sql.join(['id', ...lockColumns].map((column) => sql.ref(column)))}
    from active_session_locks ${byIndex('uq_active_session_locks_vpn_connection_id')}
    where ${isOneOf('vpn_connection_id', length)}
    order by vpn_connection_id ${forUpdate}`;
}

const locksOfConnections = listStatement(selectLocks);

/** The lock of a connection, locked until the end of the transaction; undefined when it never had one. */
export async function lockSession(
  trx: TruthTransaction,
  vpnConnectionId: number,
): Promise<StoredLock | undefined> {
  const [lock] = await lockSessions(trx, [vpnConnectionId]);
  return lock;
}

/** @param vpnConnectionIds - in order */
export async function lockSessions(
  trx: TruthTransaction,
  vpnConnectionIds: readonly number[],
): Promise<readonly StoredLock[]> {
  return locksOfConnections(
    trx,
    vpnConnectionIds.map((id) => [id]),
  );
}

/** So many connections, locked in the order of their ids. */
export function selectConnections({ forUpdate, byIndex }: EngineSql, length: number): RawBuilder<unknown> {
  return sql`
    select id from vpn_connections ${byIndex('PRIMARY')}
    where ${isOneOf('id', length)} order by id ${forUpdate}`;
}

const connectionsToLock = listStatement(selectConnections);

/**
 * Locks connections, in one order everywhere: whoever changes what hangs on them waits.
 *
 * @param ids - in order
 */
export async function lockConnections(trx: TruthTransaction, ids: readonly number[]): Promise<void> {
  if (!engineSql(trx).hasRowLocks) return;
  await connectionsToLock(
    trx,
    ids.map((id) => [id]),
  );
}

/** Whether a gateway has anything to do for it: without an address or a device there is nothing to restrict or shape. */
export function isFollowed(lock: StoredLock): lock is StoredLock & { readonly gateway: string } {
  if (lock.gateway === null) return false;
  return lock.framed_ip !== null || lock.framed_ipv6 !== null || lock.ifname !== null;
}

export function describeHeld(lock: StoredLock): SessionHeld {
  return {
    sessionKey: lock.session_key,
    gateway: lock.gateway,
    nasIp: lock.nas_ip,
    acctSessionId: lock.acct_session_id,
    acquiredAt: decodeTime(lock.acquired_at),
    expiresAt: decodeTime(lock.expires_at),
    isConfirmed: lock.confirmed_at !== null,
  };
}
