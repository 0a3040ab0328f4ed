/**
 * The sessions that have ended. An accounting packet may be late, come twice, or overtake another one; whoever finds its
 * session here leaves the present one alone.
 */
import type { TruthTransaction } from '../truth.ts';
import { decodeTime, encodeTime, epochMs, type Moment } from '../utc-time.ts';
import type { SessionHolder } from './session-holder.ts';

/**
 * How long a session that is known by its Acct-Session-Id alone is remembered. A NAS begins anew with its ids after a
 * restart, so an old one proves nothing; a token is never given out again and has no such limit.
 */
export const reusedAfterMs = 15 * 60_000;

export interface EndedSession {
  readonly reason: string;
  /** In milliseconds since the Unix epoch. */
  readonly endedAt: number;
}

/** The ended session that `holder` names, the newest when there are several. */
export async function findEnded(
  trx: TruthTransaction,
  vpnConnectionId: number,
  holder: SessionHolder,
  at: Moment,
): Promise<EndedSession | undefined> {
  const all = trx
    .selectFrom('released_sessions')
    .select(['vpn_connection_id', 'release_reason', 'released_at'])
    .orderBy('id', 'desc')
    .limit(1);
  const named =
    'holderToken' in holder
      ? all.where('holder_token', '=', holder.holderToken)
      : all
          .where('session_key', '=', holder.sessionKey)
          .where('acct_session_id', '=', holder.acctSessionId)
          .where('vpn_connection_id', '=', vpnConnectionId)
          .where('released_at', '>=', encodeTime(Math.max(0, epochMs(at) - reusedAfterMs)));
  const row = await named.executeTakeFirst();
  if (row?.vpn_connection_id !== vpnConnectionId) return undefined;
  return { reason: row.release_reason, endedAt: decodeTime(row.released_at) };
}

/**
 * Forgets sessions that ended before `before`, the oldest first and at most `limit` of them.
 *
 * @returns how many; as many as `limit` means that there may be more
 */
export async function pruneReleasedSessions(
  trx: TruthTransaction,
  { before, limit = 1_000 }: { readonly before: Moment; readonly limit?: number },
): Promise<number> {
  const old = await trx
    .selectFrom('released_sessions')
    .select('id')
    .where('released_at', '<', encodeTime(before))
    .orderBy('released_at')
    .limit(limit)
    .execute();
  if (old.length === 0) return 0;
  const ids = old.map(({ id }) => id);
  await trx.deleteFrom('released_sessions').where('id', 'in', ids).execute();
  return old.length;
}
