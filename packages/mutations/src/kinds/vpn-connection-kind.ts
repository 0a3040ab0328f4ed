/**
 * VPN connections as resources. An admin sees all of a connection but its secrets, its customer what concerns the use of
 * it; of a DISABLED one a customer can change nothing.
 */
import type { ConnectionStatus, RestrictedReason, SqlBoolean, UtcTime } from '@holdfast/truth-db';
import type { ResourceKind } from '../kind/resource-kind.ts';
import { tableKind } from '../kind/table-kind.ts';
import type { Json } from '../request/json.ts';
import { mayAsOwner, type PanelRights, type PanelViewer } from './panel-viewer.ts';

export interface VpnConnectionValue {
  readonly customer_id: number | null;
  readonly label: string | null;
  readonly status: ConnectionStatus;
  readonly restricted_reason: RestrictedReason | null;
  readonly restricted_effective: SqlBoolean;
  readonly created_at: UtcTime;
  readonly claimed_at: UtcTime | null;
  readonly unclaimed_grace_until: UtcTime;
  readonly unclaimed_grace_set_at: UtcTime | null;
  readonly claim_deadline: UtcTime;
  readonly claim_deadline_set_at: UtcTime | null;
  readonly radius_username: string | null;
  readonly static_ip: string | null;
  readonly down_kbit: number | null;
  readonly up_kbit: number | null;
  readonly token: string;
  readonly radius_secret_hash: string | null;
  readonly nt_hash: string | null;
}

export type VpnConnectionKind = ResourceKind<VpnConnectionValue, PanelViewer>;

export function vpnConnectionKind(rights: PanelRights): VpnConnectionKind {
  const mayDo = mayAsOwner(rights);
  return tableKind<VpnConnectionValue, PanelViewer>({
    name: 'vpn_connection',
    table: 'vpn_connections',
    fields: {
      customer_id: {},
      label: { check: labelProblem },
      status: {},
      restricted_reason: {},
      restricted_effective: { isDerived: true },
      created_at: {},
      claimed_at: {},
      unclaimed_grace_until: {},
      unclaimed_grace_set_at: {},
      claim_deadline: {},
      claim_deadline_set_at: {},
      radius_username: {},
      static_ip: {},
      down_kbit: { check: rateProblem },
      up_kbit: { check: rateProblem },
      token: { isSecret: true },
      radius_secret_hash: { isSecret: true },
      nt_hash: { isSecret: true },
    },
    project: (value, viewer) => {
      if (viewer.role === 'admin') return value;
      return value.customer_id === viewer.customerId ? ownersView(value) : undefined;
    },
    mayMutate: (viewer, operation, value) =>
      mayDo(viewer, operation) && (viewer.role === 'admin' || value?.status !== 'DISABLED'),
    tags: ({ customer_id: id }) => (id === null ? [] : [connectionsOf(id)]),
  });
}

/** The tag of what is cached of all connections of a customer. */
export function connectionsOf(customerId: number): string {
  return `customer:${customerId}:connections`;
}

function ownersView(value: VpnConnectionValue): Partial<VpnConnectionValue> {
  const { label, status, restricted_reason, restricted_effective, claimed_at } = value;
  const { radius_username, static_ip, down_kbit, up_kbit } = value;
  return {
    label,
    status,
    restricted_reason,
    restricted_effective,
    claimed_at,
    radius_username,
    static_ip,
    down_kbit,
    up_kbit,
  };
}

function labelProblem(value: Json): string | undefined {
  if (value === null) return undefined;
  if (typeof value !== 'string' || value.trim() === '') return 'not-a-label';
  return value.length > 120 ? 'too-long' : undefined;
}

function rateProblem(value: Json): string | undefined {
  return value === null || (typeof value === 'number' && Number.isSafeInteger(value) && value > 0)
    ? undefined
    : 'not-a-rate';
}
