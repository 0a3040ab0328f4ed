/**
 * The row of a connection as a state, and back. What is read to decide from is locked where the database has row locks
 * (`engine-sql.ts`).
 */
import { HoldfastError } from '@holdfast/base';
import type { Selectable } from 'kysely';
import { engineSql } from '../engine-sql.ts';
import type { VpnConnectionsTable } from '../tables.ts';
import type { TruthTransaction } from '../truth.ts';
import { decodeTime, encodeTime, type UtcTime } from '../utc-time.ts';
import type { ConnectionState } from './connection-state.ts';

const columns = [
  'id',
  'status',
  'customer_id',
  'claimed_at',
  'unclaimed_grace_until',
  'unclaimed_grace_set_at',
  'claim_deadline',
  'claim_deadline_set_at',
  'restricted_reason',
  'version',
] as const;

export type ConnectionRow = Pick<Selectable<VpnConnectionsTable>, (typeof columns)[number]>;

/**
 * @throws HoldfastError CONNECTION_UNKNOWN - there is no such row
 */
export async function lockConnection(trx: TruthTransaction, vpnConnectionId: number): Promise<ConnectionRow> {
  const row = await trx
    .selectFrom('vpn_connections')
    .select(columns)
    .where('id', '=', vpnConnectionId)
    .modifyEnd(engineSql(trx).forUpdate)
    .executeTakeFirst();
  if (row === undefined) throw unknownConnection(vpnConnectionId);
  return row;
}

export function stateOf(row: ConnectionRow): ConnectionState {
  return {
    status: row.status,
    customerId: row.customer_id,
    claimedAt: decoded(row.claimed_at),
    unclaimedGraceUntil: decodeTime(row.unclaimed_grace_until),
    unclaimedGraceSetAt: decoded(row.unclaimed_grace_set_at),
    claimDeadline: decodeTime(row.claim_deadline),
    claimDeadlineSetAt: decoded(row.claim_deadline_set_at),
    restrictedReason: row.restricted_reason,
  };
}

export function columnsOf(state: ConnectionState) {
  return {
    status: state.status,
    customer_id: state.customerId,
    claimed_at: encoded(state.claimedAt),
    unclaimed_grace_until: encodeTime(state.unclaimedGraceUntil),
    unclaimed_grace_set_at: encoded(state.unclaimedGraceSetAt),
    claim_deadline: encodeTime(state.claimDeadline),
    claim_deadline_set_at: encoded(state.claimDeadlineSetAt),
    restricted_reason: state.restrictedReason,
  };
}

/**
 * Locks the connections of a customer where the database has row locks, so that its own row can be locked after them. One
 * that is claimed meanwhile is not among them.
 */
export async function lockConnectionsOf(trx: TruthTransaction, customerId: number): Promise<void> {
  const { hasRowLocks, forUpdate } = engineSql(trx);
  if (!hasRowLocks) return;
  await trx
    .selectFrom('vpn_connections')
    .select('id')
    .where('customer_id', '=', customerId)
    .orderBy('id')
    .modifyEnd(forUpdate)
    .execute();
}

export function unknownConnection(vpnConnectionId: number): HoldfastError {
  return new HoldfastError('CONNECTION_UNKNOWN', `truth has no connection ${vpnConnectionId}`, {
    details: { vpnConnectionId },
  });
}

function decoded(stored: UtcTime | null): number | null {
  return stored === null ? null : decodeTime(stored);
}

function encoded(ms: number | null): UtcTime | null {
  return ms === null ? null : encodeTime(ms);
}
