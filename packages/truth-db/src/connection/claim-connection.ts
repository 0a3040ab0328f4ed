/**
 * Claiming a connection: whoever has the device has its token, and the token makes the connection theirs, once. The token
 * is looked up by its hash, so what an index comparison takes tells nothing about a token.
 */
import { HoldfastError } from '@holdfast/base';
import { tellGateways } from '../tell-gateways.ts';
import { hashToken, isTokenOf } from '../token.ts';
import type { Truth, TruthTransaction } from '../truth.ts';
import type { Moment } from '../utc-time.ts';
import { type ConnectionChange, transitConnection } from './change-connection.ts';

export interface Claim {
  /** In clear, as the device shows it. */
  readonly token: string;
  readonly customerId: number;
  readonly at: Moment;
}

/**
 * Makes the connection with this token the customer's, in one transaction with its triggers. Of two claims at once one
 * wins. Claiming again is refused to the same customer too: a repeated request is recognised by its receipt, not here.
 *
 * @throws HoldfastError CLAIM_TOKEN_UNKNOWN - no connection has this token
 * @throws HoldfastError CUSTOMER_UNKNOWN - truth has no such customer
 * @throws HoldfastError CONNECTION_CLAIMED, CONNECTION_DISABLED, CLAIM_DEADLINE_PASSED, CUSTOMER_INACTIVE - the state does
 *   not allow it; nothing was written
 */
export async function claimConnection(truth: Truth, claim: Claim): Promise<ConnectionChange> {
  return truth.transaction(async (trx) => {
    const change = await transitByToken(trx, claim);
    const { vpnConnectionId, gateways } = change;
    await tellGateways(trx, gateways, { reason: 'claim', vpnConnectionId, at: claim.at });
    return change;
  });
}

/** The same as a part of a larger transaction, which has to end with `tellGateways` as in `transitConnection`. */
export async function transitByToken(
  trx: TruthTransaction,
  { token, customerId, at }: Claim,
): Promise<ConnectionChange> {
  const vpnConnectionId = await findByToken(trx, token);
  return transitConnection(trx, { vpnConnectionId, event: { kind: 'claim', customerId }, at });
}

async function findByToken(trx: TruthTransaction, token: string): Promise<number> {
  const row = await trx
    .selectFrom('vpn_connections')
    .select(['id', 'token'])
    .where('token', '=', hashToken(token))
    .executeTakeFirst();
  // Compared once more in our own terms: a collation that ignores case or trailing spaces is not ours to trust.
  if (row !== undefined && isTokenOf(token, row.token)) return row.id;
  throw new HoldfastError('CLAIM_TOKEN_UNKNOWN', 'no connection has this claim token');
}
