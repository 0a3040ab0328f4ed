/**
 * What can be done to a connection, as changes: each is the operation of truth that the commands use too, with the triggers
 * for the gateways that hold a session of it.
 */
import { HoldfastError, isHoldfastError } from '@holdfast/base';
import {
  type ConnectionEvent,
  engineSql,
  gatewaysHolding,
  hashToken,
  type NewConnection,
  provisionConnection,
  type RenewRadiusSecret,
  renewRadiusSecret,
  type TruthTransaction,
  transitByToken,
  transitConnection,
} from '@holdfast/truth-db';
import { editResource } from '../change/edit-resource.ts';
import { rowId } from '../kind/table-kind.ts';
import type { Change, Creation, Effect } from '../mutation.ts';
import type { JsonObject } from '../request/json.ts';
import type { PanelViewer } from './panel-viewer.ts';
import type { VpnConnectionKind, VpnConnectionValue } from './vpn-connection-kind.ts';

type ConnectionChange = Change<VpnConnectionValue>;
type ConnectionCreation = Creation<VpnConnectionValue, PanelViewer>['create'];

const reason = 'panel';

/** Label and limits. A limit is enforced by gateways, so they hear of it. */
export function editConnection(kind: VpnConnectionKind, patch: JsonObject): ConnectionChange {
  const edit = editResource(kind, patch);
  return async (context) => {
    const effect = await edit(context);
    const isEnforced = 'down_kbit' in patch || 'up_kbit' in patch;
    if (effect.isUnchanged === true || !isEnforced) return effect;
    const vpnConnectionId = numberOf(context.id);
    const gateways = await gatewaysHolding(context.trx, [vpnConnectionId]);
    return { ...effect, triggers: { gateways, reason, vpnConnectionId } };
  };
}

/** Restrict, lift, disable, enable, reset the grace, extend the deadline: the table of `docs/connections.md`. */
export function connectionEvent(event: Exclude<ConnectionEvent, { kind: 'claim' }>): ConnectionChange {
  return async ({ trx, at, id, stored: { version } }) => {
    const vpnConnectionId = numberOf(id);
    const { isChanged, gateways } = await transitConnection(trx, { vpnConnectionId, event, at, version });
    return effectOf(isChanged, vpnConnectionId, gateways);
  };
}

/** A new RADIUS secret, told once. */
export function renewSecret(options: RenewRadiusSecret = {}): ConnectionChange {
  return async ({ trx, id, stored }) => {
    await holdVersion(trx, id, stored.version);
    return { once: { radiusSecret: await renewRadiusSecret(trx, numberOf(id), options) } };
  };
}

/** A connection of nobody yet; its claim token is told once. */
export function provision(connection: Omit<NewConnection, 'at'>): ConnectionCreation {
  return async ({ trx, at }) => {
    try {
      const { id, token } = await provisionConnection(trx, { ...connection, at });
      return { id: String(id), once: { token } };
    } catch (error) {
      // Of what is unique of a connection, its sender names the user name only.
      if (!isHoldfastError(error, 'TRUTH_INVALID') || error.details.constraint !== 'unique') throw error;
      throw new HoldfastError('USER_NAME_TAKEN', 'a connection with this user name is there already', {
        cause: error,
      });
    }
  };
}

/** Takes away the reason that stands; what the clock has set goes with a new grace or a claim only. */
export function liftRestriction(): ConnectionChange {
  return async (context) => {
    const { restricted_reason: standing } = context.stored.value;
    if (standing === null || standing === 'UNCLAIMED_OVERDUE') return { isUnchanged: true };
    return connectionEvent({ kind: 'unrestrict', reason: standing })(context);
  };
}

/** Makes the connection of a token the customer's: theirs is new, though the row is not. */
export function claim(
  kind: VpnConnectionKind,
  { token, customerId }: { readonly token: string; readonly customerId: number },
): ConnectionCreation {
  return async ({ trx, at }) => {
    const found = await trx
      .selectFrom('vpn_connections')
      .select('id')
      .where('token', '=', hashToken(token))
      .modifyEnd(engineSql(trx).forUpdate)
      .executeTakeFirst();
    const taken = found === undefined ? undefined : await kind.read(trx, String(found.id));
    const { vpnConnectionId, gateways } = await transitByToken(trx, { token, customerId, at });
    const effect = effectOf(true, vpnConnectionId, gateways);
    return { ...effect, id: String(vpnConnectionId), ...(taken !== undefined && { taken }) };
  };
}

function effectOf(isChanged: boolean, vpnConnectionId: number, gateways: readonly string[]): Effect {
  return isChanged ? { triggers: { gateways, reason, vpnConnectionId } } : { isUnchanged: true };
}

/** For an operation of truth that asks for no version: it is read once more, and stays. */
async function holdVersion(trx: TruthTransaction, id: string, version: number): Promise<void> {
  const row = await trx
    .selectFrom('vpn_connections')
    .select('version')
    .where('id', '=', numberOf(id))
    .modifyEnd(engineSql(trx).forUpdate)
    .executeTakeFirst();
  if (row?.version === version) return;
  throw new HoldfastError('VERSION_CONFLICT', `connection ${id} is not at version ${version} any more`, {
    details: { id, version },
  });
}

function numberOf(id: string): number {
  return rowId(id) ?? 0;
}
