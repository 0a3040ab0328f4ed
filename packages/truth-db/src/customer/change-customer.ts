/**
 * Suspending, activating and deleting a customer. All of its connections follow in the same transaction, because a gateway
 * reads `restricted_effective` and joins nothing: of a customer who is not active every connection is refused. Their own
 * status and reason stay, so that an activation restores exactly what was; being derived, the column counts no version.
 */
import { chunksOf } from '../chunks.ts';
import { lockConnectionsOf } from '../connection/connection-row.ts';
import { noPassword } from '../password/password-hasher.ts';
import { accessOf, restrictedEffective } from '../restricted-effective.ts';
import { overtaken, requireVersion } from '../row-version.ts';
import { sqlBoolean } from '../sql-boolean.ts';
import type { CustomerStatus } from '../tables.ts';
import { gatewaysHolding, tellGateways } from '../tell-gateways.ts';
import type { Truth, TruthTransaction } from '../truth.ts';
import type { Moment } from '../utc-time.ts';
import { type CustomerEvent, customerTransitions } from './customer-lifecycle.ts';
import { type CustomerRow, deletedCustomer, lockCustomer } from './customer-row.ts';

export interface CustomerRequest {
  readonly customerId: number;
  readonly event: CustomerEvent;
  /** The version that whoever asks has seen; without it, whatever is current. */
  readonly version?: number;
}

export interface CustomerChange {
  readonly customerId: number;
  /** False when it was so already: nothing was written. */
  readonly isChanged: boolean;
  readonly status: CustomerStatus;
  readonly version: number;
  /** Gateways that hold a session of one of its connections and have to enforce something else now. */
  readonly gateways: readonly string[];
}

/**
 * Makes `request.event` happen to a customer and its connections, with the triggers for it, in one transaction. Deleting
 * is final and takes the password away; the e-mail address stays taken, so that history goes on meaning one person.
 *
 * @throws HoldfastError CUSTOMER_UNKNOWN - truth has no such customer
 * @throws HoldfastError VERSION_CONFLICT - somebody changed it after the version that was seen
 * @throws HoldfastError CUSTOMER_DELETED - it was deleted before
 */
export async function changeCustomer(
  truth: Truth,
  request: CustomerRequest & { readonly at: Moment },
  reason = 'panel',
): Promise<CustomerChange> {
  return truth.transaction(async (trx) => {
    const change = await transitCustomer(trx, request);
    await tellGateways(trx, change.gateways, { reason, at: request.at });
    return change;
  });
}

/** The same as a part of a larger transaction, which has to end with `tellGateways` for the `gateways`. */
export async function transitCustomer(
  trx: TruthTransaction,
  { customerId, event, version }: CustomerRequest,
): Promise<CustomerChange> {
  await lockConnectionsOf(trx, customerId);
  const row = await lockCustomer(trx, customerId);
  requireVersion(`customer ${customerId}`, version, row.version);
  const status = customerTransitions[row.status][event];
  if (status === 'refused') throw deletedCustomer(customerId);
  if (status === row.status) {
    return { customerId, isChanged: false, status, version: row.version, gateways: [] };
  }
  await writeStatus(trx, row, status);
  const connections = await deriveConnections(trx, row, status);
  const gateways = await gatewaysHolding(trx, connections);
  return { customerId, isChanged: true, status, version: row.version + 1, gateways };
}

async function writeStatus(trx: TruthTransaction, row: CustomerRow, status: CustomerStatus): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable('customers')
    .set((eb) => ({
      status,
      version: eb('version', '+', 1),
      ...(status === 'deleted' && { password_hash: noPassword }),
    }))
    .where('id', '=', row.id)
    .where('version', '=', row.version)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw overtaken(`customer ${row.id}`);
}

/**
 * Derives `restricted_effective` of all connections of a customer anew, for its new status. DISABLED ones are refused
 * whatever it is. Whoever changes one of them has to lock the customer too, so they stand still.
 *
 * @returns those whose access has changed
 */
async function deriveConnections(
  trx: TruthTransaction,
  { id: customerId, status: statusBefore }: CustomerRow,
  customerStatus: CustomerStatus,
): Promise<readonly number[]> {
  const rows = await trx
    .selectFrom('vpn_connections')
    .select(['id', 'status', 'restricted_reason'])
    .where('customer_id', '=', customerId)
    .where('status', '<>', 'DISABLED')
    .orderBy('id')
    .execute();
  const standings = rows.map(({ id, status, restricted_reason: restrictedReason }) => ({
    id,
    after: { status, restrictedReason, customerStatus },
    before: { status, restrictedReason, customerStatus: statusBefore },
  }));
  const byValue = Map.groupBy(standings, ({ after }) => restrictedEffective(after));
  for (const [isRestricted, some] of byValue) await writeDerived(trx, idsOf(some), isRestricted);
  return idsOf(standings.filter(({ before, after }) => accessOf(before) !== accessOf(after)));
}

async function writeDerived(
  trx: TruthTransaction,
  vpnConnectionIds: readonly number[],
  isRestricted: boolean,
): Promise<void> {
  for (const ids of chunksOf(vpnConnectionIds)) {
    await trx
      .updateTable('vpn_connections')
      .set({ restricted_effective: sqlBoolean(isRestricted) })
      .where('id', 'in', ids)
      .execute();
  }
}

function idsOf(rows: readonly { readonly id: number }[]): readonly number[] {
  return rows.map(({ id }) => id);
}
