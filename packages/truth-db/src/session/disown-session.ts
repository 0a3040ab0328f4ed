/**
 * A session that a NAS reports and truth will not have: somebody else holds the connection, or it may not log in. It is
 * remembered as ended and as one that its NAS has still to hear of, so a run of the policy ends it there, by its own
 * Acct-Session-Id. Whoever holds the connection is left alone.
 */
import { randomUUID } from 'node:crypto';
import { type RecordedTrigger, recordTriggers } from '../trigger.ts';
import type { TruthTransaction } from '../truth.ts';
import { encodeTime, epochMs, type Moment } from '../utc-time.ts';
import { reusedAfterMs } from './released-sessions.ts';
import { lockConnections, lockSession } from './session-lock.ts';

export interface DisownedSession {
  readonly vpnConnectionId: number;
  readonly gateway: string;
  /** Where its reports come from: the NAS that is told to end it. */
  readonly nasIp: string;
  /** Null where the NAS gives none; it is then told the user and the address, if nobody else can be meant by them. */
  readonly acctSessionId: string | null;
  /** Of `sessionKeyOf`. */
  readonly sessionKey: string;
  readonly framedIp?: string | null;
  readonly at: Moment;
  /** Why truth will not have it; at most 64 characters. */
  readonly reason: string;
}

export type SessionDisowned =
  | { readonly kind: 'disowned'; readonly triggers: readonly RecordedTrigger[] }
  /** Its NAS is being told already, or was a moment ago: nothing was changed. */
  | { readonly kind: 'known' }
  /** It is, or may be, the very session that is held: nothing was changed. */
  | { readonly kind: 'held' };

/** What a NAS was not told within this time it is told no more (`readNasSnapshot`). */
const worthTellingMs = 86_400_000;

/**
 * Disowns a session. Reporting it again changes nothing as long as its NAS has not been told, and for 15 minutes more: then
 * it is told again.
 *
 * @throws HoldfastError TRUTH_INVALID - truth has no such connection or gateway
 */
export async function disownSession(
  trx: TruthTransaction,
  session: DisownedSession,
): Promise<SessionDisowned> {
  const { vpnConnectionId, gateway, at } = session;
  await lockConnections(trx, [vpnConnectionId]);
  if (await mayBeHeld(trx, session)) return { kind: 'held' };
  if (await isKnown(trx, session)) return { kind: 'known' };
  const moment = encodeTime(at);
  await trx
    .insertInto('released_sessions')
    .values({
      vpn_connection_id: vpnConnectionId,
      session_key: session.sessionKey,
      gateway,
      nas_ip: session.nasIp,
      framed_ip: session.framedIp ?? null,
      acct_session_id: session.acctSessionId,
      // Given to nobody: what a NAS answers about the session is kept under it.
      holder_token: randomUUID(),
      acquired_at: moment,
      released_at: moment,
      release_reason: session.reason,
      nas_disconnect: 'due',
    })
    .execute();
  return {
    kind: 'disowned',
    triggers: await recordTriggers(trx, [{ gateway, reason: 'session-disowned', vpnConnectionId, at }]),
  };
}

/** Whether the session that is held has this name, or has no Acct-Session-Id yet and comes from the same device. */
async function mayBeHeld(trx: TruthTransaction, session: DisownedSession): Promise<boolean> {
  const lock = await lockSession(trx, session.vpnConnectionId);
  if (lock?.state !== 'held' || lock.session_key !== session.sessionKey) return false;
  return lock.acct_session_id === null || lock.acct_session_id === session.acctSessionId;
}

async function isKnown(trx: TruthTransaction, session: DisownedSession): Promise<boolean> {
  const { vpnConnectionId, gateway, nasIp, acctSessionId, sessionKey, at } = session;
  const since = (ms: number) => encodeTime(Math.max(0, epochMs(at) - ms));
  const known = await trx
    .selectFrom('released_sessions')
    .select('id')
    .where('session_key', '=', sessionKey)
    .where('acct_session_id', acctSessionId === null ? 'is' : '=', acctSessionId)
    .where('vpn_connection_id', '=', vpnConnectionId)
    .where('gateway', '=', gateway)
    .where('nas_ip', '=', nasIp)
    .where(({ eb, or, and }) =>
      or([
        eb('released_at', '>=', since(reusedAfterMs)),
        and([eb('nas_disconnect', '=', 'due'), eb('released_at', '>', since(worthTellingMs))]),
      ]),
    )
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return known !== undefined;
}
