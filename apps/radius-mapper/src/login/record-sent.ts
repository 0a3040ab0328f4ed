/**
 * Stores what Access-Accepts have carried for sessions that were there before, so that the RADIUS leg of the policy does not tell it
 * again: as if it was acknowledged. A new session has it from its beginning.
 */
import type { TruthTransaction } from '@holdfast/truth-db';

export interface Sent {
  readonly vpnConnectionId: number;
  readonly holderToken: string;
  readonly mark: string;
}

/** A statement for all that were told the same. Tokens are those of no other sessions, so no row is meant by mistake. */
export async function recordSent(trx: TruthTransaction, sent: readonly Sent[]): Promise<void> {
  for (const [mark, some] of Map.groupBy(sent, (one) => one.mark)) {
    await trx
      .updateTable('active_session_locks')
      .set({ nas_applied: mark })
      .where(
        'vpn_connection_id',
        'in',
        some.map(({ vpnConnectionId }) => vpnConnectionId),
      )
      .where('state', '=', 'held')
      .where(
        'holder_token',
        'in',
        some.map(({ holderToken }) => holderToken),
      )
      .execute();
  }
}
