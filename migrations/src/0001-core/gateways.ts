/**
 * The gateways, the state their runs publish, and the triggers that ask for a run.
 *
 * A gateway's NAS addresses are rows, not a list inside a column: the RADIUS side looks a gateway up by the address a
 * packet came from, and one address belongs to one gateway.
 */
import { sql } from 'kysely';
import type { ColumnTypes } from '../column-types.ts';
import { id, oneOf, optional, required, type Table } from '../create-table.ts';

type Description = Omit<Table, 'name'>;

export function gateways(types: ColumnTypes): Description {
  return {
    columns: {
      id: id(types),
      name: required(types.text(64)),
      layout: required(types.text(16)),
      device: required(types.text(15)),
      shards: required(types.integer, { defaultTo: 256 }),
      coa_port: optional(types.integer),
      // In clear: the shared secret signs outgoing packets, so a hash of it would be of no use.
      coa_secret: optional(types.text(255)),
      nas_profile: optional(types.text(16)),
    },
    checks: {
      ck_gateways_layout: oneOf('layout', ['shared-device', 'per-interface']),
      ck_gateways_shards: sql`shards in (1, 2, 4, 8, 16, 32, 64, 128, 256)`,
      ck_gateways_coa_port: sql`coa_port between 1 and 65535`,
      ck_gateways_nas_profile: oneOf('nas_profile', ['filter', 'wispr', 'mikrotik', 'strongswan']),
    },
    unique: { uq_gateways_name: ['name'] },
  };
}

export function gatewayNasAddresses(types: ColumnTypes): Description {
  return {
    columns: {
      nas_ip: required(types.text(45), { key: 'natural' }),
      gateway: required(types.text(64)),
    },
    references: { fk_gateway_nas_addresses_gateway: { column: 'gateway', to: 'gateways.name' } },
    indexes: { ix_gateway_nas_addresses_gateway: ['gateway'] },
  };
}

export function gatewayState(types: ColumnTypes): Description {
  return {
    columns: {
      gateway: required(types.text(64), { key: 'natural' }),
      covered: required(types.integer, { defaultTo: 0 }),
      last_outcome: optional(types.text(16)),
      last_digest: optional(types.text(128)),
      last_run_at: optional(types.time),
      last_took_ms: optional(types.integer),
    },
    references: { fk_gateway_state_gateway: { column: 'gateway', to: 'gateways.name' } },
    checks: {
      ck_gateway_state_covered: sql`covered >= 0`,
      ck_gateway_state_last_outcome: oneOf('last_outcome', [
        'applied',
        'unchanged',
        'joined',
        'locked',
        'refused',
        'failed',
        'pending',
      ]),
    },
  };
}

/** The clock of a gateway: the last trigger id it has given out. */
export function triggerCounters(types: ColumnTypes): Description {
  return {
    columns: {
      gateway: required(types.text(64), { key: 'natural' }),
      last_id: required(types.integer, { defaultTo: 0 }),
    },
    references: { fk_trigger_counters_gateway: { column: 'gateway', to: 'gateways.name' } },
    checks: { ck_trigger_counters_last_id: sql`last_id >= 0` },
  };
}

/**
 * `vpn_connection_id` is no foreign key: a trigger only says where to look, and an event about a connection that is
 * gone must still be recorded, or what is left of it in the kernel would stay.
 */
export function policyTriggers(types: ColumnTypes): Description {
  return {
    columns: {
      gateway: required(types.text(64)),
      id: required(types.integer),
      reason: required(types.text(64)),
      vpn_connection_id: optional(types.integer),
      created_at: required(types.time),
    },
    primaryKey: { name: 'pk_policy_triggers', columns: ['gateway', 'id'] },
    references: { fk_policy_triggers_gateway: { column: 'gateway', to: 'gateways.name' } },
    checks: {
      ck_policy_triggers_id: sql`id >= 1`,
      ck_policy_triggers_reason: sql`length(reason) >= 1`,
    },
  };
}
