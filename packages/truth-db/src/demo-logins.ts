/**
 * What the people and the devices of the demo log in with. It is made at random for each database and told once, as for
 * anybody else: truth keeps hashes.
 */
import { randomBytes } from 'node:crypto';
import { renewRadiusSecret } from './connection/edit-connection.ts';
import { setPassword } from './customer/register-customer.ts';
import { demoAddresses, demoConnections, demoCustomers, demoEmail, demoUser } from './demo-connections.ts';
import type { PasswordHasher } from './password/password-hasher.ts';
import type { Truth } from './truth.ts';

export interface DemoLogins {
  readonly customers: readonly { readonly email: string; readonly password: string }[];
  readonly clients: readonly DemoClient[];
  /** Of connections that no customer has yet. */
  readonly claimTokens: readonly string[];
}

/** A device that connects. */
export interface DemoClient {
  readonly label: string;
  readonly user: string;
  readonly secret: string;
  readonly framedIp: string | null;
  readonly framedIpv6: string | null;
}

/**
 * Gives the customers of a demo new passwords and its clients new RADIUS secrets; the old ones are void.
 *
 * Each is a change of its own: interrupted, it has renewed some of them, and is simply repeated. Customers and connections
 * that are no longer there are left out.
 */
export async function renewDemoLogins(
  truth: Truth,
  gateway: string,
  passwords: PasswordHasher,
): Promise<DemoLogins> {
  const customers = await Promise.all(
    demoCustomers.map((customer) => renewCustomer(truth, demoEmail(customer, gateway), passwords)),
  );
  const clients: DemoClient[] = [];
  for (const connection of demoConnections) {
    if (connection.host === null) continue;
    const user = demoUser(connection, gateway);
    const secret = await renewClient(truth, user);
    if (secret === undefined) continue;
    clients.push({ label: connection.label, user, secret, ...demoAddresses(connection) });
  }
  const unclaimed = demoConnections.filter(({ customer }) => customer === null);
  return {
    customers: customers.filter((customer) => customer !== undefined),
    clients,
    claimTokens: unclaimed.map((connection) => demoUser(connection, gateway)),
  };
}

async function renewCustomer(truth: Truth, email: string, passwords: PasswordHasher) {
  const row = await truth.db
    .selectFrom('customers')
    .select('id')
    .where('email', '=', email)
    .where('status', '!=', 'deleted')
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const password = randomBytes(12).toString('base64url');
  await setPassword(truth, { customerId: row.id, password }, passwords);
  return { email, password };
}

async function renewClient(truth: Truth, user: string): Promise<string | undefined> {
  return truth.transaction(async (trx) => {
    const row = await trx
      .selectFrom('vpn_connections')
      .select('id')
      .where('radius_username', '=', user)
      .executeTakeFirst();
    return row === undefined ? undefined : renewRadiusSecret(trx, row.id);
  });
}
