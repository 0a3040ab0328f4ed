/** The first schema: accounts, gateways with their triggers, sessions. Tables stand in the order their keys need. */
import type { ColumnTypes } from '../column-types.ts';
import { createTable, type Table } from '../create-table.ts';
import type { Migration } from '../migration.ts';
import { customers, vpnConnections } from './accounts.ts';
import { gatewayNasAddresses, gatewayState, gateways, policyTriggers, triggerCounters } from './gateways.ts';
import { activeSessionLocks, releasedSessions } from './sessions.ts';

const tables: readonly ((types: ColumnTypes) => Table)[] = [
  customers,
  vpnConnections,
  gateways,
  gatewayNasAddresses,
  gatewayState,
  triggerCounters,
  policyTriggers,
  activeSessionLocks,
  releasedSessions,
];

export const core: Migration = {
  name: '0001-core',
  up: async (db, types) => {
    for (const table of tables) await createTable(db, types, table(types));
  },
  down: async (db, types) => {
    for (const table of tables.toReversed()) await db.schema.dropTable(table(types).name).execute();
  },
};
