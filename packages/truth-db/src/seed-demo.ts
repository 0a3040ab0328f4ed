/**
 * A small demo: a gateway, and the customers and connections of `demo-connections.ts`, the same rows every time. Nobody is
 * connected, nobody can log in before `renewDemoLogins` was called, and the claim tokens are public on purpose: this is no
 * data for a gateway that anybody uses.
 */

import { transitConnection } from './connection/change-connection.ts';
import { provisionConnection } from './connection/provision-connection.ts';
import type { ConnectionEvent } from './connection/transitions.ts';
import { addCustomer } from './customer/register-customer.ts';
import {
  type DemoConnection,
  demoAddresses,
  demoConnections,
  demoCustomers,
  demoEmail,
  demoUser,
} from './demo-connections.ts';
import { addGateway } from './gateways.ts';
import { noPassword } from './password/password-hasher.ts';
import { recordTrigger } from './trigger.ts';
import type { Truth, TruthTransaction } from './truth.ts';
import type { Moment } from './utc-time.ts';

export interface SeedDemoOptions {
  /** Name of the demo gateway. */
  readonly gateway: string;
  readonly device: string;
  readonly shards?: number;
  readonly now: Moment;
}

/**
 * Adds a gateway with the demo, in one transaction with its trigger. A database that already has a gateway of that name
 * is left as it is.
 *
 * @returns whether the demo was added
 * @throws HoldfastError TRUTH_INVALID - a value is not allowed, or rows of an earlier demo of that name are left
 */
export async function seedDemo(truth: Truth, options: SeedDemoOptions): Promise<boolean> {
  return truth.transaction(async (trx) => {
    const { gateway, device, shards = 256, now } = options;
    const known = await trx
      .selectFrom('gateways')
      .select('id')
      .where('name', '=', gateway)
      .executeTakeFirst();
    if (known !== undefined) return false;
    await addGateway(trx, { name: gateway, layout: 'shared-device', device, shards });
    const customers = await addCustomers(trx, options);
    for (const connection of demoConnections) await addConnection(trx, options, connection, customers);
    await recordTrigger(trx, { gateway, reason: 'demo', at: now });
    return true;
  });
}

async function addCustomers(
  trx: TruthTransaction,
  { gateway, now }: SeedDemoOptions,
): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  for (const customer of demoCustomers) {
    const email = demoEmail(customer, gateway);
    ids.set(customer, await addCustomer(trx, { email, passwordHash: noPassword, at: now }));
  }
  return ids;
}

async function addConnection(
  trx: TruthTransaction,
  { gateway, now }: SeedDemoOptions,
  demo: DemoConnection,
  customers: ReadonlyMap<string, number>,
): Promise<void> {
  const user = demoUser(demo, gateway);
  const { framedIp, framedIpv6 } = demoAddresses(demo);
  const { id } = await provisionConnection(trx, {
    at: now,
    label: `Demo ${demo.label}`,
    radiusUsername: user,
    staticIp: framedIp ?? framedIpv6,
    downKbit: demo.downKbit,
    upKbit: demo.upKbit,
    token: user,
  });
  const customerId = demo.customer === null ? undefined : customers.get(demo.customer);
  const happens = (event: ConnectionEvent) => transitConnection(trx, { vpnConnectionId: id, event, at: now });
  if (customerId !== undefined) await happens({ kind: 'claim', customerId });
  if (demo.restricted !== null) await happens({ kind: 'restrict', reason: demo.restricted });
}
