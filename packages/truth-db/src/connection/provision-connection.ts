/** Adding a connection that belongs to nobody yet. */
import { restrictedEffective } from '../restricted-effective.ts';
import { sqlBoolean } from '../sql-boolean.ts';
import { hashToken, newToken } from '../token.ts';
import type { TruthTransaction } from '../truth.ts';
import { decodeTime, encodeTime, type Moment } from '../utc-time.ts';
import { columnsOf } from './connection-row.ts';
import { provisioned } from './connection-state.ts';

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
  const { token = newToken(), at } = connection;
  const state = provisioned(decodeTime(encodeTime(at)));
  const { insertId } = await trx
    .insertInto('vpn_connections')
    .values({
      ...columnsOf(state),
      token: hashToken(token),
      created_at: encodeTime(at),
      restricted_effective: sqlBoolean(restrictedEffective({ ...state, customerStatus: null })),
      label: connection.label ?? null,
      radius_username: connection.radiusUsername ?? null,
      static_ip: connection.staticIp ?? null,
      down_kbit: connection.downKbit ?? null,
      up_kbit: connection.upKbit ?? null,
    })
    .executeTakeFirstOrThrow();
  return { id: Number(insertId), token };
}
