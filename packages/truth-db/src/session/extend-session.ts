/** The sign of life of a session, an Interim-Update: its time begins anew. */
import { sql } from 'kysely';
import { type RecordedTrigger, recordTriggers } from '../trigger.ts';
import type { TruthTransaction } from '../truth.ts';
import { decodeTime, encodeTime, epochMs, type Moment } from '../utc-time.ts';
import { lockAsHolder, type NotHolder, type SessionHolder } from './session-holder.ts';
import { isFollowed } from './session-lock.ts';

export interface SessionAlive {
  readonly vpnConnectionId: number;
  readonly holder: SessionHolder;
  readonly at: Moment;
  /** A session is never shortened by it: an older sign that comes late changes nothing. */
  readonly expiresAt: Moment;
}

export type SessionExtended =
  | {
      readonly kind: 'extended';
      readonly expiresAt: number;
      /** Empty in the ordinary course: a session that goes on is no news for its gateway. */
      readonly triggers: readonly RecordedTrigger[];
    }
  | NotHolder;

/**
 * A session whose time is over by so little, or will soon be, may have been left out by a run that reads truth just now;
 * its gateway is told that it goes on.
 */
const doubtfulMs = 60_000;

/**
 * Extends a session, if the sign is its holder's. One whose time is over goes on too, as long as nobody has taken it and
 * the janitor has not come by.
 */
export async function extendSession(trx: TruthTransaction, alive: SessionAlive): Promise<SessionExtended> {
  const found = await lockAsHolder(trx, { ...alive, mayBind: false });
  if (found.kind !== 'holder') return found;
  const { lock } = found;
  const wanted = encodeTime(alive.expiresAt);
  if (wanted <= lock.expires_at) {
    return { kind: 'extended', expiresAt: decodeTime(lock.expires_at), triggers: [] };
  }
  await trx
    .updateTable('active_session_locks')
    .set({ expires_at: wanted })
    .where('id', '=', lock.id)
    .where('state', '=', 'held')
    .where(sql<boolean>`holder_token = ${lock.holder_token}`)
    .where('expires_at', '<', wanted)
    .execute();
  const isDoubtful = decodeTime(lock.expires_at) <= epochMs(alive.at) + doubtfulMs;
  const { vpnConnectionId, at } = alive;
  const triggers =
    isDoubtful && isFollowed(lock)
      ? await recordTriggers(trx, [
          { gateway: lock.gateway, reason: 'session-extended', vpnConnectionId, at },
        ])
      : [];
  return { kind: 'extended', expiresAt: decodeTime(wanted), triggers };
}
