/**
 * A Stop of a session that truth does not have: it has overtaken its Start, or the Start was lost. It is remembered like
 * the end of any session, so that the Start and the Interim-Updates that come after it begin nothing.
 */
import { encodeTime, type TruthTransaction } from '@holdfast/truth-db';
import type { EventSession } from './perform-action.ts';

/** The connection is locked by the transaction. */
export async function rememberStop(trx: TruthTransaction, session: EventSession): Promise<void> {
  const { event, gateway, identity, vpnConnectionId } = session;
  if (identity.sessionKey === undefined) return;
  const at = encodeTime(event.receivedMs);
  await trx
    .insertInto('released_sessions')
    .values({
      vpn_connection_id: vpnConnectionId,
      session_key: identity.sessionKey,
      gateway: gateway ?? null,
      nas_ip: event.src,
      framed_ip: null,
      acct_session_id: event.sid === '' ? null : event.sid,
      holder_token: event.holderToken ?? null,
      acquired_at: at,
      released_at: at,
      release_reason: 'stopped-before-start',
      nas_disconnect: null,
    })
    .execute();
}
