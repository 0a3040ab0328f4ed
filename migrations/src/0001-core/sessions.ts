/**
 * `active_session_locks` as B055 states it, with the added columns that `docs/schema.md` gives reasons for, and
 * `released_sessions`, by which a late event of an ended session is recognised.
 */
import { sql } from 'kysely';
import type { ColumnTypes } from '../column-types.ts';
import { id, oneOf, optional, required, type Table } from '../create-table.ts';

type Description = Omit<Table, 'name'>;

export function activeSessionLocks(types: ColumnTypes): Description {
  return {
    columns: {
      id: id(types),
      vpn_connection_id: required(types.integer),
      session_key: required(types.text(255)),
      acquired_at: required(types.time),
      expires_at: required(types.time),
      state: required(types.text(16)),
      release_reason: optional(types.text(64)),
      gateway: optional(types.text(64)),
      nas_ip: optional(types.text(45)),
      ifname: optional(types.text(15)),
      framed_ip: optional(types.text(15)),
      framed_ipv6: optional(types.text(45)),
      acct_session_id: optional(types.text(253)),
      holder_token: optional(types.text(64)),
      request_vector: optional(types.text(64)),
      confirmed_at: optional(types.time),
      nas_applied: optional(types.text(128)),
      shaping_slot: optional(types.integer),
    },
    references: {
      fk_active_session_locks_vpn_connection_id: { column: 'vpn_connection_id', to: 'vpn_connections.id' },
      fk_active_session_locks_gateway: { column: 'gateway', to: 'gateways.name' },
    },
    checks: {
      ck_active_session_locks_state: oneOf('state', ['held', 'released']),
      // A slot is owned by a held session of a gateway: one that kept it after its release would leak it.
      ck_active_session_locks_shaping_slot: sql`shaping_slot is null or (shaping_slot > 0 and state = 'held' and gateway is not null)`,
    },
    unique: {
      uq_active_session_locks_vpn_connection_id: ['vpn_connection_id'],
      uq_active_session_locks_shaping_slot: ['gateway', 'shaping_slot'],
    },
    indexes: {
      ix_active_session_locks_expires_at: ['expires_at'],
      // Serves the snapshot of a gateway in the order it is read, without a sort.
      ix_active_session_locks_gateway: ['gateway', 'vpn_connection_id'],
      // Whoever has an address, or a device, when the gateway gives it to somebody else.
      ix_active_session_locks_framed_ip: ['gateway', 'framed_ip'],
      ix_active_session_locks_framed_ipv6: ['gateway', 'framed_ipv6'],
      ix_active_session_locks_ifname: ['gateway', 'ifname'],
    },
  };
}

export function releasedSessions(types: ColumnTypes): Description {
  return {
    columns: {
      id: id(types),
      vpn_connection_id: required(types.integer),
      session_key: required(types.text(255)),
      gateway: optional(types.text(64)),
      nas_ip: optional(types.text(45)),
      framed_ip: optional(types.text(15)),
      acct_session_id: optional(types.text(253)),
      holder_token: optional(types.text(64)),
      acquired_at: required(types.time),
      released_at: required(types.time),
      release_reason: required(types.text(64)),
      nas_disconnect: optional(types.text(16)),
    },
    references: {
      fk_released_sessions_vpn_connection_id: { column: 'vpn_connection_id', to: 'vpn_connections.id' },
      fk_released_sessions_gateway: { column: 'gateway', to: 'gateways.name' },
    },
    checks: {
      ck_released_sessions_nas_disconnect: oneOf('nas_disconnect', ['due', 'acked', 'gone', 'superseded']),
    },
    indexes: {
      ix_released_sessions_session_key: ['session_key', 'acct_session_id'],
      ix_released_sessions_holder_token: ['holder_token'],
      ix_released_sessions_vpn_connection_id: ['vpn_connection_id'],
      ix_released_sessions_released_at: ['released_at'],
      // Those that a NAS has still to hear of: few, among all that are remembered.
      ix_released_sessions_nas_disconnect: ['gateway', 'nas_disconnect', 'released_at'],
    },
  };
}
