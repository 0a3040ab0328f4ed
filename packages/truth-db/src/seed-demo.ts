/**
 * A small demo: made-up customers on addresses that are reserved for documentation (RFC 5737, RFC 3849), the same rows
 * every time. Every name says that it is a demo, no customer can log in, and the claim tokens are public on purpose:
 * this is no data for a gateway that anybody uses.
 */

import { transitConnection } from './connection/change-connection.ts';
import { provisionConnection } from './connection/provision-connection.ts';
import type { SettableReason } from './connection/restriction.ts';
import type { ConnectionEvent } from './connection/transitions.ts';
import { addCustomer } from './customer/register-customer.ts';
import { addGateway } from './gateways.ts';
import { noPassword } from './password/password-hasher.ts';
import { startSession } from './session/start-session.ts';
import { recordTrigger } from './trigger.ts';
import type { Truth, TruthTransaction } from './truth.ts';
import { epochMs, type Moment } from './utc-time.ts';

export interface SeedDemoOptions {
  /** Name of the demo gateway. */
  readonly gateway: string;
  readonly device: string;
  readonly shards?: number;
  readonly now: Moment;
}

interface DemoConnection {
  readonly label: string;
  readonly customer: string | null;
  readonly downKbit: number | null;
  readonly upKbit: number | null;
  readonly restricted: SettableReason | null;
  /** Last part of its addresses; null is not connected. */
  readonly host: number | null;
  readonly family: 'both' | 'ipv4' | 'ipv6';
}

const dayMs = 86_400_000;

const connections: readonly DemoConnection[] = [
  {
    label: 'laptop',
    customer: 'ana',
    downKbit: 50_000,
    upKbit: 10_000,
    restricted: null,
    host: 11,
    family: 'both',
  },
  {
    label: 'phone',
    customer: 'ana',
    downKbit: 20_000,
    upKbit: 5_000,
    restricted: 'QUOTA',
    host: 12,
    family: 'ipv4',
  },
  {
    label: 'router',
    customer: 'bruno',
    downKbit: null,
    upKbit: null,
    restricted: null,
    host: 13,
    family: 'both',
  },
  {
    label: 'camera',
    customer: 'bruno',
    downKbit: 2_000,
    upKbit: 2_000,
    restricted: 'MANUAL',
    host: 14,
    family: 'ipv4',
  },
  {
    label: 'tablet',
    customer: 'carla',
    downKbit: 10_000,
    upKbit: 2_000,
    restricted: null,
    host: 15,
    family: 'ipv6',
  },
  {
    label: 'spare',
    customer: 'carla',
    downKbit: 10_000,
    upKbit: 2_000,
    restricted: null,
    host: null,
    family: 'both',
  },
  {
    label: 'unclaimed',
    customer: null,
    downKbit: 5_000,
    upKbit: 1_000,
    restricted: null,
    host: 16,
    family: 'ipv4',
  },
];

/**
 * Adds a gateway with the demo, in one transaction with its trigger. A database that already has a gateway of that name
 * is left as it is. The sessions last a year.
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
    for (const connection of connections) await addConnection(trx, options, connection, customers);
    await recordTrigger(trx, { gateway, reason: 'demo', at: now });
    return true;
  });
}

async function addCustomers(
  trx: TruthTransaction,
  { gateway, now }: SeedDemoOptions,
): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  for (const name of new Set(connections.flatMap(({ customer }) => customer ?? []))) {
    const email = `demo-${name}+${gateway}@example.com`;
    ids.set(name, await addCustomer(trx, { email, passwordHash: noPassword, at: now }));
  }
  return ids;
}

async function addConnection(
  trx: TruthTransaction,
  { gateway, now }: SeedDemoOptions,
  demo: DemoConnection,
  customers: ReadonlyMap<string, number>,
): Promise<void> {
  const name = `demo-${demo.customer ?? 'nobody'}-${demo.label}`;
  const { id } = await provisionConnection(trx, {
    at: now,
    label: `Demo ${demo.label}`,
    radiusUsername: `${name}@${gateway}`,
    downKbit: demo.downKbit,
    upKbit: demo.upKbit,
    token: `${name}@${gateway}`,
  });
  const customerId = demo.customer === null ? undefined : customers.get(demo.customer);
  const happens = (event: ConnectionEvent) => transitConnection(trx, { vpnConnectionId: id, event, at: now });
  if (customerId !== undefined) await happens({ kind: 'claim', customerId });
  if (demo.restricted !== null) await happens({ kind: 'restrict', reason: demo.restricted });
  if (demo.host === null) return;
  await startSession(trx, {
    gateway,
    vpnConnectionId: id,
    sessionKey: `${name}@${gateway}`,
    framedIp: demo.family === 'ipv6' ? null : `198.51.100.${demo.host}`,
    framedIpv6: demo.family === 'ipv4' ? null : `2001:db8:77::${demo.host.toString(16)}`,
    at: now,
    expiresAt: epochMs(now) + 365 * dayMs,
  });
}
