/**
 * Writers of connections. What a person edits or a rule decides bumps `version`, in the statement that writes. Each of
 * them changes what a gateway must do for a connected client: make it inside `changeWithTrigger`, or let `recordTrigger`
 * follow in the same transaction.
 */
import { createHash, randomBytes } from 'node:crypto';
import { HoldfastError } from '@holdfast/base';
import { restrictedEffective } from './restricted-effective.ts';
import { sqlBoolean } from './sql-boolean.ts';
import type { RestrictedReason } from './tables.ts';
import type { TruthTransaction } from './truth.ts';
import { encodeTime, epochMs, type Moment } from './utc-time.ts';

const dayMs = 86_400_000;
const graceDays = 30;
const claimDays = 180;

export interface NewConnection {
  readonly at: Moment;
  readonly label?: string | null;
  /** Unique; what the client sends as User-Name. */
  readonly radiusUsername?: string | null;
  readonly staticIp?: string | null;
  /** Limits in kbit/s, null for unlimited. */
  readonly downKbit?: number | null;
  readonly upKbit?: number | null;
  /** The claim token instead of a random one: a guessable token can be claimed by anybody, so this is for demo data. */
  readonly token?: string;
}

/** Limits in kbit/s, null for unlimited. */
export interface ConnectionRate {
  readonly downKbit: number | null;
  readonly upKbit: number | null;
}

/**
 * Adds a connection without a customer: PREPROVISIONED, usable for 30 days, to be claimed within 180 (B055 §2.2).
 *
 * @returns its id, and the claim token in clear: it is told this once, truth keeps its SHA-256 only
 * @throws HoldfastError TRUTH_INVALID - user name or token are taken, or a value is not allowed
 */
export async function provisionConnection(
  trx: TruthTransaction,
  connection: NewConnection,
): Promise<{ readonly id: number; readonly token: string }> {
  const token = connection.token ?? randomBytes(32).toString('base64url');
  const atMs = epochMs(connection.at);
  const { insertId } = await trx
    .insertInto('vpn_connections')
    .values({
      token: hashToken(token),
      status: 'PREPROVISIONED',
      created_at: encodeTime(atMs),
      unclaimed_grace_until: encodeTime(atMs + graceDays * dayMs),
      claim_deadline: encodeTime(atMs + claimDays * dayMs),
      restricted_effective: sqlBoolean(restrictedEffective(null)),
      label: connection.label ?? null,
      radius_username: connection.radiusUsername ?? null,
      static_ip: connection.staticIp ?? null,
      down_kbit: connection.downKbit ?? null,
      up_kbit: connection.upKbit ?? null,
    })
    .executeTakeFirstOrThrow();
  return { id: Number(insertId), token };
}

/** SHA-256 of a claim token in hex, as `vpn_connections.token` keeps it. Enough for 256 random bits, not for passwords. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}

/**
 * Restricts a connection, or with null lifts the restriction; `restricted_effective` follows.
 *
 * @throws HoldfastError TRUTH_INVALID - truth has no such connection, or no such reason
 */
export async function setRestriction(
  trx: TruthTransaction,
  vpnConnectionId: number,
  reason: RestrictedReason | null,
): Promise<void> {
  const effective = sqlBoolean(restrictedEffective(reason));
  await update(trx, vpnConnectionId, { restricted_reason: reason, restricted_effective: effective });
}

/**
 * Changes the limits of a connection.
 *
 * @throws HoldfastError TRUTH_INVALID - truth has no such connection, or a limit is not a whole number above 0
 */
export async function setRate(
  trx: TruthTransaction,
  vpnConnectionId: number,
  rate: ConnectionRate,
): Promise<void> {
  await update(trx, vpnConnectionId, { down_kbit: rate.downKbit, up_kbit: rate.upKbit });
}

async function update(
  trx: TruthTransaction,
  vpnConnectionId: number,
  change:
    | { readonly restricted_reason: RestrictedReason | null; readonly restricted_effective: 0 | 1 }
    | { readonly down_kbit: number | null; readonly up_kbit: number | null },
): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable('vpn_connections')
    .set((eb) => ({ ...change, version: eb('version', '+', 1) }))
    .where('id', '=', vpnConnectionId)
    .executeTakeFirst();
  if (numUpdatedRows > 0n) return;
  throw new HoldfastError('TRUTH_INVALID', `truth has no connection ${vpnConnectionId}`, {
    details: { vpnConnectionId },
  });
}
