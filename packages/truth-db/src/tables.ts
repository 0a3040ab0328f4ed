/**
 * The tables as Kysely sees them: B055's names, the values as they are stored. Booleans are 0 and 1, times are
 * `UtcTime`; the driver refuses a JavaScript boolean or Date as a parameter, so nothing is converted behind a query's
 * back. `docs/schema.md` gives the meaning of each column.
 */
import type { Generated } from 'kysely';
import type { ConnectionStatus, GatewayRow } from './gateway-snapshot.ts';
import type { MutationTables } from './mutation-tables.ts';
import type { PanelTables } from './panel-tables.ts';
import type { RuntimeStoreTables } from './runtime-store-tables.ts';
import type { UtcTime } from './utc-time.ts';

export type CustomerStatus = 'active' | 'suspended' | 'deleted';
export type RestrictedReason = 'QUOTA' | 'EXPIRY' | 'MANUAL' | 'UNCLAIMED_OVERDUE';
export type RunOutcome = 'applied' | 'unchanged' | 'joined' | 'locked' | 'refused' | 'failed' | 'pending';
export type SqlBoolean = 0 | 1;
/** Which attributes the NASes of a gateway understand; `@holdfast/gateway-policy` spells them. */
export type NasProfile = 'filter' | 'wispr' | 'mikrotik' | 'strongswan';
/** Whether a NAS has heard of the end of a session that it did not report itself. */
export type NasDisconnect = 'due' | 'acked' | 'gone' | 'superseded';

export interface CustomersTable {
  id: Generated<number>;
  email: string;
  password_hash: string;
  created_at: UtcTime;
  status: CustomerStatus;
  version: Generated<number>;
}

export interface VpnConnectionsTable {
  id: Generated<number>;
  customer_id: number | null;
  token: string;
  created_at: UtcTime;
  last_seen_at: UtcTime | null;
  status: ConnectionStatus;
  claimed_at: UtcTime | null;
  unclaimed_grace_until: UtcTime;
  unclaimed_grace_set_at: UtcTime | null;
  claim_deadline: UtcTime;
  claim_deadline_set_at: UtcTime | null;
  restricted_reason: RestrictedReason | null;
  restricted_effective: Generated<SqlBoolean>;
  version: Generated<number>;
  label: string | null;
  radius_username: string | null;
  radius_secret_hash: string | null;
  static_ip: string | null;
  nt_hash: string | null;
  down_kbit: number | null;
  up_kbit: number | null;
}

export interface ActiveSessionLocksTable {
  id: Generated<number>;
  vpn_connection_id: number;
  session_key: string;
  acquired_at: UtcTime;
  expires_at: UtcTime;
  state: 'held' | 'released';
  release_reason: string | null;
  gateway: string | null;
  nas_ip: string | null;
  ifname: string | null;
  framed_ip: string | null;
  framed_ipv6: string | null;
  acct_session_id: string | null;
  holder_token: string | null;
  request_vector: string | null;
  confirmed_at: UtcTime | null;
  nas_applied: string | null;
  shaping_slot: number | null;
}

export interface ReleasedSessionsTable {
  id: Generated<number>;
  vpn_connection_id: number;
  session_key: string;
  gateway: string | null;
  nas_ip: string | null;
  framed_ip: string | null;
  acct_session_id: string | null;
  holder_token: string | null;
  acquired_at: UtcTime;
  released_at: UtcTime;
  release_reason: string;
  nas_disconnect: NasDisconnect | null;
}

export interface GatewaysTable {
  id: Generated<number>;
  name: string;
  layout: GatewayRow['layout'];
  device: string;
  shards: Generated<number>;
  coa_port: number | null;
  coa_secret: string | null;
  nas_profile: NasProfile | null;
}

export interface GatewayNasAddressesTable {
  nas_ip: string;
  gateway: string;
}

export interface GatewayStateTable {
  gateway: string;
  covered: Generated<number>;
  last_outcome: RunOutcome | null;
  last_digest: string | null;
  last_run_at: UtcTime | null;
  last_took_ms: number | null;
}

export interface TriggerCountersTable {
  gateway: string;
  last_id: Generated<number>;
}

export interface PolicyTriggersTable {
  gateway: string;
  id: number;
  reason: string;
  vpn_connection_id: number | null;
  created_at: UtcTime;
}

export interface NasSilencesTable {
  gateway: string;
  nas_ip: string;
  /** How many runs in a row have asked it for nothing. */
  runs: number;
  retry_at: UtcTime;
}

export interface NasAnswersTable {
  holder_token: string;
  gateway: string;
  asked: string;
  error_cause: number | null;
  retry_at: UtcTime;
}

export interface SchemaMigrationsTable {
  name: string;
  applied_at: UtcTime;
}

/** Steps of the migration that is under way, where DDL is not transactional. */
export interface SchemaStepsTable {
  migration: string;
  step: number;
}

/** The last commit of each connection to a database server. */
export interface CommitMarksTable {
  writer: string;
  mark: number;
  marked_at: UtcTime;
}

export interface TruthTables extends MutationTables, PanelTables, RuntimeStoreTables {
  customers: CustomersTable;
  vpn_connections: VpnConnectionsTable;
  active_session_locks: ActiveSessionLocksTable;
  released_sessions: ReleasedSessionsTable;
  gateways: GatewaysTable;
  gateway_nas_addresses: GatewayNasAddressesTable;
  gateway_state: GatewayStateTable;
  trigger_counters: TriggerCountersTable;
  policy_triggers: PolicyTriggersTable;
  nas_silences: NasSilencesTable;
  nas_answers: NasAnswersTable;
  schema_migrations: SchemaMigrationsTable;
  schema_steps: SchemaStepsTable;
  commit_marks: CommitMarksTable;
}
