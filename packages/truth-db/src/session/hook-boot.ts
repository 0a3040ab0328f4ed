/**
 * The sessions that a machine lost when it went down without a word: what hooks have told in an earlier boot is over. For
 * whoever runs on the gateway, at the start; Accounting-On is the same for a NAS.
 */
import { recordTriggers } from '../trigger.ts';
import type { TruthTransaction } from '../truth.ts';
import { encodeTime, type Moment } from '../utc-time.ts';
import { endLocks } from './end-locks.ts';
import type { SessionsEnded } from './end-sessions.ts';
import { bootOf, hookKeyPrefix, readIdentity } from './hook-identity.ts';
import { lockConnections, lockSession, type StoredLock } from './session-lock.ts';

export interface EndEarlierBoots {
  readonly gateway: string;
  /** Id of the present boot, as the events of its hooks give it. */
  readonly boot: string;
  readonly at: Moment;
  /** Most of them in one transaction; 500. */
  readonly limit?: number;
}

/** Ends the sessions that hooks have reported before the present boot, and records a trigger for each. */
export async function endEarlierBoots(
  trx: TruthTransaction,
  { gateway, boot, at, limit = 500 }: EndEarlierBoots,
): Promise<SessionsEnded> {
  const isEarlier = (stored: string | null) => {
    const name = readIdentity(stored)?.name;
    return name !== undefined && ![boot, 'unknown'].includes(bootOf(name));
  };
  const rows = await trx
    .selectFrom('active_session_locks')
    .select(['vpn_connection_id', 'acct_session_id'])
    .where('gateway', '=', gateway)
    .where('state', '=', 'held')
    .where('session_key', 'like', `${hookKeyPrefix}%`)
    .orderBy('vpn_connection_id')
    .execute();
  const found = rows.filter((row) => isEarlier(row.acct_session_id)).map((row) => row.vpn_connection_id);
  const ids = found.slice(0, limit);
  await lockConnections(trx, ids);
  const ended: StoredLock[] = [];
  for (const id of ids) {
    const lock = await lockSession(trx, id);
    if (lock?.state === 'held' && lock.gateway === gateway && isEarlier(lock.acct_session_id))
      ended.push(lock);
  }
  await endLocks(trx, ended, { reason: 'gateway-reboot', at: encodeTime(at) });
  const triggers = ended.map((lock) => ({
    gateway,
    reason: 'gateway-reboot',
    vpnConnectionId: lock.vpn_connection_id,
    at,
  }));
  return {
    ended: ended.length,
    mayBeMore: found.length > ids.length,
    triggers: await recordTriggers(trx, triggers),
  };
}
