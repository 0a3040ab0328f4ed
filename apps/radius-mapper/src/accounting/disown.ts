/** A session that runs at its NAS although another has the lock, or although the connection may have none. */
import { disownSession, type TruthTransaction } from '@holdfast/truth-db';
import type { DisownReason } from '../policy/accounting-policy.ts';
import type { EventSession } from './perform-action.ts';

/**
 * Has it disconnected by the next run of its gateway. The connection is locked.
 *
 * @returns false when nothing was changed: its NAS is being told already, or it may be the very session that is held
 */
export async function disown(
  trx: TruthTransaction,
  session: EventSession,
  reason: DisownReason,
): Promise<boolean> {
  const { event, gateway, identity, told, vpnConnectionId } = session;
  if (gateway === undefined || identity.sessionKey === undefined) return false;
  const { kind } = await disownSession(trx, {
    vpnConnectionId,
    gateway,
    sessionKey: identity.sessionKey,
    nasIp: event.src,
    framedIp: told.framedIp,
    acctSessionId: event.sid === '' ? null : event.sid,
    at: event.receivedMs,
    reason,
  });
  return kind === 'disowned';
}
