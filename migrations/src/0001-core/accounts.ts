/** `customers` and `vpn_connections` as B055 states them, with the added columns that `docs/schema.md` gives reasons for. */
import { sql } from 'kysely';
import type { ColumnTypes } from '../column-types.ts';
import { id, oneOf, optional, required, type Table } from '../create-table.ts';

type Description = Omit<Table, 'name'>;

export function customers(types: ColumnTypes): Description {
  return {
    columns: {
      id: id(types),
      email: required(types.text(320)),
      password_hash: required(types.text(255)),
      created_at: required(types.time),
      status: required(types.text(16)),
      version: required(types.integer, { defaultTo: 1 }),
    },
    checks: { ck_customers_status: oneOf('status', ['active', 'suspended', 'deleted']) },
    unique: { uq_customers_email: ['email'] },
  };
}

export function vpnConnections(types: ColumnTypes): Description {
  return {
    columns: {
      id: id(types),
      customer_id: optional(types.integer),
      token: required(types.text(64)),
      created_at: required(types.time),
      last_seen_at: optional(types.time),
      status: required(types.text(16)),
      claimed_at: optional(types.time),
      unclaimed_grace_until: required(types.time),
      unclaimed_grace_set_at: optional(types.time),
      claim_deadline: required(types.time),
      claim_deadline_set_at: optional(types.time),
      restricted_reason: optional(types.text(24)),
      restricted_effective: required(types.boolean, { defaultTo: 0 }),
      version: required(types.integer, { defaultTo: 1 }),
      label: optional(types.text(120)),
      radius_username: optional(types.text(253)),
      radius_secret_hash: optional(types.text(255)),
      static_ip: optional(types.text(45)),
      nt_hash: optional(types.text(32)),
      down_kbit: optional(types.integer),
      up_kbit: optional(types.integer),
    },
    references: { fk_vpn_connections_customer_id: { column: 'customer_id', to: 'customers.id' } },
    checks: {
      ck_vpn_connections_status: oneOf('status', ['PREPROVISIONED', 'CLAIMED', 'DISABLED']),
      ck_vpn_connections_preprovisioned: sql`status <> 'PREPROVISIONED' or customer_id is null`,
      ck_vpn_connections_claimed: sql`status <> 'CLAIMED' or customer_id is not null`,
      ck_vpn_connections_restricted_reason: oneOf('restricted_reason', [
        'QUOTA',
        'EXPIRY',
        'MANUAL',
        'UNCLAIMED_OVERDUE',
      ]),
      ck_vpn_connections_down_kbit: sql`down_kbit > 0`,
      ck_vpn_connections_up_kbit: sql`up_kbit > 0`,
    },
    unique: {
      uq_vpn_connections_token: ['token'],
      uq_vpn_connections_radius_username: ['radius_username'],
    },
    indexes: {
      ix_vpn_connections_customer_id: ['customer_id'],
      ix_vpn_connections_restricted_effective: ['restricted_effective'],
      ix_vpn_connections_last_seen_at: ['last_seen_at'],
      ix_vpn_connections_status: ['status'],
      ix_vpn_connections_restricted_reason: ['restricted_reason'],
      // Each serves one time rule: exactly the rows that are due, in the order in which they became so.
      ix_vpn_connections_claim_deadline: ['status', 'claim_deadline'],
      ix_vpn_connections_unclaimed_grace: ['status', 'restricted_reason', 'unclaimed_grace_until'],
    },
  };
}
