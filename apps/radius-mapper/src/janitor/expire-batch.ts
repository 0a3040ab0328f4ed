/** Ends one batch of sessions whose time is over, and says which they were. */
import {
  decodeTime,
  encodeTime,
  expireSessions,
  type Truth,
  type TruthTransaction,
} from '@holdfast/truth-db';

export interface ExpiredBatch {
  readonly ended: number;
  /** Whether the batch was full: call again. */
  readonly mayBeMore: boolean;
  /** For the log. Another janitor that works at the same millisecond may name one a second time. */
  readonly sessions: readonly ExpiredSession[];
}

export interface ExpiredSession {
  readonly vpnConnectionId: number;
  readonly user: string | null;
  readonly gateway: string | null;
  readonly nas: string | null;
  readonly sid: string | null;
  readonly framedIp: string | null;
  /** How long it was held, in milliseconds. */
  readonly heldMs: number;
}

/**
 * @param request.at - now
 * @throws HoldfastError as `Truth.transaction`
 */
export async function expireBatch(
  truth: Truth,
  request: { readonly at: number; readonly limit: number },
): Promise<ExpiredBatch> {
  return truth.transaction(async (trx) => {
    const { ended, mayBeMore } = await expireSessions(trx, request);
    return { ended, mayBeMore, sessions: ended === 0 ? [] : await endedAt(trx, request.at, ended) };
  });
}

/** As they are remembered, the newest. */
async function endedAt(trx: TruthTransaction, at: number, limit: number): Promise<readonly ExpiredSession[]> {
  const rows = await trx
    .selectFrom('released_sessions as r')
    .innerJoin('vpn_connections as c', 'c.id', 'r.vpn_connection_id')
    .select([
      'r.vpn_connection_id',
      'c.radius_username',
      'r.gateway',
      'r.nas_ip',
      'r.acct_session_id',
      'r.framed_ip',
      'r.acquired_at',
    ])
    .where('r.released_at', '=', encodeTime(at))
    .where('r.release_reason', '=', 'expired')
    .orderBy('r.id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    vpnConnectionId: row.vpn_connection_id,
    user: row.radius_username,
    gateway: row.gateway,
    nas: row.nas_ip,
    sid: row.acct_session_id,
    framedIp: row.framed_ip,
    heldMs: at - decodeTime(row.acquired_at),
  }));
}
