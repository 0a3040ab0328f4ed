/**
 * A transition of one connection in the database: reads the row, lets `decide` decide, and writes what came of it, guarded
 * by the version that was read. A change of what a gateway has to enforce comes with its triggers, in the same
 * transaction.
 */
import { HoldfastError } from '@holdfast/base';
import { lockCustomer } from '../customer/customer-row.ts';
import { type Access, accessOf, restrictedEffective, type Standing } from '../restricted-effective.ts';
import { overtaken, requireVersion } from '../row-version.ts';
import { sqlBoolean } from '../sql-boolean.ts';
import type { CustomerStatus } from '../tables.ts';
import { gatewaysHolding, tellGateways } from '../tell-gateways.ts';
import type { Truth, TruthTransaction } from '../truth.ts';
import { decodeTime, encodeTime, type Moment } from '../utc-time.ts';
import { type ConnectionRow, columnsOf, lockConnection, stateOf } from './connection-row.ts';
import type { ConnectionState } from './connection-state.ts';
import { type Decision, decide } from './lifecycle.ts';
import type { ConnectionEvent } from './transitions.ts';

export interface ConnectionRequest {
  readonly vpnConnectionId: number;
  readonly event: ConnectionEvent;
  readonly at: Moment;
  /** The version that whoever asks has seen; without it, whatever is current. */
  readonly version?: number;
}

export interface ConnectionChange {
  readonly vpnConnectionId: number;
  /** False when it was so already: nothing was written. */
  readonly isChanged: boolean;
  readonly state: ConnectionState;
  readonly access: Access;
  readonly version: number;
  /** Gateways that hold a session of it and have to enforce something else now. */
  readonly gateways: readonly string[];
}

/**
 * Makes `request.event` happen to a connection, with the triggers for it, in one transaction.
 *
 * @param reason - of the triggers: who asked, `panel`, `quota`, …
 * @throws HoldfastError CONNECTION_UNKNOWN, CUSTOMER_UNKNOWN - truth has no such row
 * @throws HoldfastError VERSION_CONFLICT - somebody changed it after the version that was seen
 * @throws HoldfastError CONNECTION_CLAIMED, CONNECTION_DISABLED, CLAIM_DEADLINE_PASSED, CUSTOMER_INACTIVE,
 *   DATE_OUT_OF_RANGE - the state does not allow it (docs/connections.md); nothing was written
 */
export async function changeConnection(
  truth: Truth,
  request: ConnectionRequest,
  reason = 'panel',
): Promise<ConnectionChange> {
  const { vpnConnectionId, at } = request;
  return truth.transaction(async (trx) => {
    const change = await transitConnection(trx, request);
    await tellGateways(trx, change.gateways, { reason, vpnConnectionId, at });
    return change;
  });
}

/**
 * The same as a part of a larger transaction, without its triggers: end that transaction with `tellGateways` for the
 * `gateways` of every change in it, or a gateway goes on as before until its next reconcile.
 *
 * @throws HoldfastError as `changeConnection`
 */
export async function transitConnection(
  trx: TruthTransaction,
  request: ConnectionRequest,
): Promise<ConnectionChange> {
  const { vpnConnectionId, event, version } = request;
  const nowMs = decodeTime(encodeTime(request.at));
  const { row, customerStatus } = await lockRows(trx, vpnConnectionId, event);
  requireVersion(`connection ${vpnConnectionId}`, version, row.version);
  const before = stateOf(row);
  const decision = decide(before, event, { nowMs, customerStatus });
  if (decision.kind === 'refused') throw refusal(vpnConnectionId, event, decision);
  const { state } = decision;
  const access = accessOf(standingOf(state, customerStatus));
  const isChanged = decision.kind === 'changed';
  if (isChanged) await write(trx, row, state, customerStatus);
  const isEnforced = access !== accessOf(standingOf(before, customerStatus));
  const gateways = isEnforced ? await gatewaysHolding(trx, [vpnConnectionId]) : [];
  return { vpnConnectionId, isChanged, state, access, version: row.version + Number(isChanged), gateways };
}

/** The rows a decision depends on, in the one order of locks: connections, then their customer. */
async function lockRows(
  trx: TruthTransaction,
  vpnConnectionId: number,
  event: ConnectionEvent,
): Promise<{ readonly row: ConnectionRow; readonly customerStatus: CustomerStatus | null }> {
  const row = await lockConnection(trx, vpnConnectionId);
  const customerId = event.kind === 'claim' ? event.customerId : row.customer_id;
  const customer = customerId === null ? null : await lockCustomer(trx, customerId);
  return { row, customerStatus: customer?.status ?? null };
}

async function write(
  trx: TruthTransaction,
  row: ConnectionRow,
  state: ConnectionState,
  customerStatus: CustomerStatus | null,
): Promise<void> {
  const effective = restrictedEffective(standingOf(state, customerStatus));
  const { numUpdatedRows } = await trx
    .updateTable('vpn_connections')
    .set((eb) => ({
      ...columnsOf(state),
      restricted_effective: sqlBoolean(effective),
      version: eb('version', '+', 1),
    }))
    .where('id', '=', row.id)
    .where('version', '=', row.version)
    .executeTakeFirst();
  // The version always changes, so a row that was found was changed, whichever of the two a driver counts.
  if (numUpdatedRows === 0n) throw overtaken(`connection ${row.id}`);
}

/** The customer of a claim does not count before the claim. */
function standingOf(state: ConnectionState, customerStatus: CustomerStatus | null): Standing {
  return { ...state, customerStatus: state.customerId === null ? null : customerStatus };
}

function refusal(
  vpnConnectionId: number,
  event: ConnectionEvent,
  { code, state }: Extract<Decision, { kind: 'refused' }>,
): HoldfastError {
  const { status, claimDeadline } = state;
  const text = `connection ${vpnConnectionId}, which is ${status}, refuses ${event.kind}`;
  return new HoldfastError(code, text, {
    details: { vpnConnectionId, event: event.kind, status, claimDeadline: encodeTime(claimDeadline) },
  });
}
