/**
 * Edits of a connection that are no transitions. What a person edits bumps `version`, in the statement that writes.
 */
import { hashRadiusSecret, newRadiusSecret } from '../radius-secret.ts';
import type { TruthTransaction } from '../truth.ts';
import { unknownConnection } from './connection-row.ts';

/** Limits in kbit/s, null for unlimited. */
export interface ConnectionRate {
  readonly downKbit: number | null;
  readonly upKbit: number | null;
}

/**
 * Changes the limits of a connection. A gateway has to follow: make it inside `changeWithTrigger`, or let `recordTrigger`
 * follow in the same transaction.
 *
 * @throws HoldfastError CONNECTION_UNKNOWN - truth has no such connection
 * @throws HoldfastError TRUTH_INVALID - a limit is not a whole number above 0
 */
export async function setRate(
  trx: TruthTransaction,
  vpnConnectionId: number,
  rate: ConnectionRate,
): Promise<void> {
  await edit(trx, vpnConnectionId, { down_kbit: rate.downKbit, up_kbit: rate.upKbit });
}

export interface RenewRadiusSecret {
  /**
   * Makes the NT hash of a secret, for a connection that may log in by MS-CHAPv2. Without it the connection has none from
   * now on: that of the old secret would still let somebody in.
   */
  readonly ntHash?: (secret: string) => string | Promise<string>;
}

/**
 * Gives a connection a new RADIUS secret; a session that is held goes on.
 *
 * @returns the secret in clear: it is told this once, truth keeps a salted hash, and the NT hash where one is made
 * @throws HoldfastError CONNECTION_UNKNOWN - truth has no such connection
 */
export async function renewRadiusSecret(
  trx: TruthTransaction,
  vpnConnectionId: number,
  { ntHash }: RenewRadiusSecret = {},
): Promise<string> {
  const secret = newRadiusSecret();
  const hashes = {
    radius_secret_hash: hashRadiusSecret(secret),
    nt_hash: ntHash === undefined ? null : await ntHash(secret),
  };
  await edit(trx, vpnConnectionId, hashes);
  return secret;
}

async function edit(
  trx: TruthTransaction,
  vpnConnectionId: number,
  change:
    | { readonly down_kbit: number | null; readonly up_kbit: number | null }
    | { readonly radius_secret_hash: string; readonly nt_hash: string | null },
): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable('vpn_connections')
    .set((eb) => ({ ...change, version: eb('version', '+', 1) }))
    .where('id', '=', vpnConnectionId)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw unknownConnection(vpnConnectionId);
}
