/**
 * The end of many sessions at once: those whose time is over, for the janitor, and those of a NAS that has begun anew. In
 * batches, so that nobody who logs in meanwhile waits for long. What a batch ends is decided by the statement that locks
 * it, so a session that was extended since the scan stays.
 */

import type { RawBuilder } from 'kysely';
import { type SqlBool, sql } from 'kysely';
import { engineSql } from '../engine-sql.ts';
import { type RecordedTrigger, recordTriggers } from '../trigger.ts';
import type { TruthTransaction } from '../truth.ts';
import { encodeTime, type Moment } from '../utc-time.ts';
import { endLocks } from './end-locks.ts';
import { isFollowed, lockConnections, type StoredLock } from './session-lock.ts';

export interface SessionsEnded {
  readonly ended: number;
  /** Whether the batch was full: call again. */
  readonly mayBeMore: boolean;
  /** One for each session that a gateway followed. */
  readonly triggers: readonly RecordedTrigger[];
}

export interface ExpireSessions {
  readonly at: Moment;
  /** Most of them in one transaction; 500. */
  readonly limit?: number;
}

export interface ReleaseNasSessions extends ExpireSessions {
  readonly gateway: string;
  readonly nasIp: string;
  /** When the NAS began anew: what it has started since then stays. */
  readonly before: Moment;
  /** `nas-reboot`, … */
  readonly reason: string;
}

/** The janitor: ends the sessions whose time is over at `at`, the oldest first. */
export async function expireSessions(
  trx: TruthTransaction,
  { at, limit = 500 }: ExpireSessions,
): Promise<SessionsEnded> {
  const which = sql<SqlBool>`state = 'held' and expires_at <= ${encodeTime(at)}`;
  return endWhere(trx, {
    which,
    order: 'expires_at',
    limit,
    at,
    reason: 'expired',
    mayLiveAtNas: true,
    trigger: 'session-expired',
  });
}

/** Accounting-On or -Off: ends what a NAS has acquired before. */
export async function releaseNasSessions(
  trx: TruthTransaction,
  { gateway, nasIp, before, reason, at, limit = 500 }: ReleaseNasSessions,
): Promise<SessionsEnded> {
  const which = sql<SqlBool>`gateway = ${gateway} and nas_ip = ${nasIp} and state = 'held'
    and acquired_at < ${encodeTime(before)}`;
  return endWhere(trx, { which, order: 'vpn_connection_id', limit, at, reason, trigger: 'session-end' });
}

interface EndWhere {
  readonly which: RawBuilder<SqlBool>;
  readonly order: 'expires_at' | 'vpn_connection_id';
  readonly limit: number;
  readonly at: Moment;
  /** Of the sessions, and of their triggers. */
  readonly reason: string;
  readonly trigger: string;
  /** As for `endLocks`. */
  readonly mayLiveAtNas?: boolean;
}

async function endWhere(trx: TruthTransaction, end: EndWhere): Promise<SessionsEnded> {
  const found = await sql<{ id: number; vpn_connection_id: number }>`
    select id, vpn_connection_id from active_session_locks where ${end.which}
    order by ${sql.ref(end.order)} limit ${sql.lit(end.limit)}`.execute(trx);
  if (found.rows.length === 0) return { ended: 0, mayBeMore: false, triggers: [] };
  const connections = found.rows.map((row) => row.vpn_connection_id).toSorted((one, other) => one - other);
  await lockConnections(trx, connections);
  const ids = sql.join(found.rows.map(({ id }) => id));
  const { rows: locks } = await sql<StoredLock>`
    select * from active_session_locks where id in (${ids}) and ${end.which}
    order by id ${engineSql(trx).forUpdate}`.execute(trx);
  const { reason, at, mayLiveAtNas = false } = end;
  await endLocks(trx, locks, { reason, at: encodeTime(at), mayLiveAtNas });
  const triggers = locks.filter(isFollowed).map((lock) => ({
    gateway: lock.gateway,
    reason: end.trigger,
    vpnConnectionId: lock.vpn_connection_id,
    at,
  }));
  return {
    ended: locks.length,
    mayBeMore: found.rows.length === end.limit,
    triggers: await recordTriggers(trx, triggers),
  };
}
