/** The first schema: accounts, gateways with their triggers, sessions. */
import type { Migration } from '../migration.ts';
import { tableMigration } from '../table-migration.ts';
import { customers, vpnConnections } from './accounts.ts';
import { gatewayNasAddresses, gatewayState, gateways, policyTriggers, triggerCounters } from './gateways.ts';
import { nasAnswers, nasSilences } from './nas.ts';
import { activeSessionLocks, releasedSessions } from './sessions.ts';

export const core: Migration = tableMigration('0001-core', {
  customers,
  vpn_connections: vpnConnections,
  gateways,
  gateway_nas_addresses: gatewayNasAddresses,
  gateway_state: gatewayState,
  trigger_counters: triggerCounters,
  policy_triggers: policyTriggers,
  active_session_locks: activeSessionLocks,
  released_sessions: releasedSessions,
  nas_silences: nasSilences,
  nas_answers: nasAnswers,
});
