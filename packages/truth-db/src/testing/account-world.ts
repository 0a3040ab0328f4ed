/** Customers, connections and sessions to begin a test with, and what came of them. */
import {
  addCustomer,
  addGateway,
  type ConnectionEvent,
  changeConnection,
  encodeTime,
  noPassword,
  provisionConnection,
  type Truth,
} from '../index.ts';

export const dayMs = 86_400_000;
/** When everything in a test begins. */
export const start = Date.UTC(2026, 0, 10);

export interface AccountWorld {
  readonly truth: Truth;
  customer(name: string): Promise<number>;
  /** A connection without a customer, with a held session where a gateway is named. */
  provision(gateway?: string): Promise<{ readonly id: number; readonly token: string }>;
  happen(vpnConnectionId: number, event: ConnectionEvent, at?: number): Promise<unknown>;
  connection(vpnConnectionId: number): Promise<object>;
  /** Everything that was recorded for gateways, in order. */
  triggers(): Promise<readonly object[]>;
  /** All rows that a refused change could have touched. */
  everything(): Promise<object>;
}

/** @param truth - migrated and empty; gets the gateways gw1 and gw2 */
export async function openAccounts(truth: Truth): Promise<AccountWorld> {
  await truth.transaction(async (trx) => {
    for (const name of ['gw1', 'gw2'])
      await addGateway(trx, { name, layout: 'shared-device', device: 'wg0' });
  });
  const rows = (table: 'customers' | 'vpn_connections' | 'policy_triggers' | 'trigger_counters') =>
    truth.db.selectFrom(table).selectAll().execute();
  return {
    truth,
    customer: (name) =>
      truth.transaction((trx) =>
        addCustomer(trx, { email: `${name}@example.com`, passwordHash: noPassword, at: start }),
      ),
    provision: (gateway) =>
      truth.transaction(async (trx) => {
        const provisioned = await provisionConnection(trx, { at: start });
        if (gateway !== undefined)
          await trx.insertInto('active_session_locks').values(heldBy(provisioned.id, gateway)).execute();
        return provisioned;
      }),
    happen: (vpnConnectionId, event, at = start) => changeConnection(truth, { vpnConnectionId, event, at }),
    connection: (id) =>
      truth.db.selectFrom('vpn_connections').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
    triggers: () =>
      truth.db
        .selectFrom('policy_triggers')
        .select(['gateway', 'reason', 'vpn_connection_id'])
        .orderBy('gateway')
        .orderBy('id')
        .execute(),
    everything: async () => ({
      customers: await rows('customers'),
      connections: await rows('vpn_connections'),
      triggers: await rows('policy_triggers'),
      counters: await rows('trigger_counters'),
    }),
  };
}

function heldBy(vpnConnectionId: number, gateway: string) {
  return {
    vpn_connection_id: vpnConnectionId,
    session_key: `key-${vpnConnectionId}`,
    acquired_at: encodeTime(start),
    expires_at: encodeTime(start + 365 * dayMs),
    state: 'held' as const,
    gateway,
  };
}
