/**
 * Who lets the clients of the demo in: a NAS by RADIUS, or nobody, and hooks report who is there. It is a property of the
 * gateway, and of the demo alone one that is switched to and fro.
 */
import { demoConnections, demoUser } from './demo-connections.ts';
import type { TruthTransaction } from './truth.ts';

export interface DemoNas {
  /** Where its RADIUS packets come from. */
  readonly address: string;
  /** UDP port on which it hears Disconnect and CoA requests, and the secret that signs them. */
  readonly coaPort: number;
  readonly coaSecret: string;
}

/** What the NAS of the demo understands: rates and a filter. */
export const demoNasProfile = 'wispr';

/**
 * Makes `nas` the only NAS of a demo gateway, or leaves it without any. A gateway whose connections are not those of the
 * demo is somebody's, and is not touched.
 *
 * @returns whether the gateway is one of the demo
 * @throws HoldfastError TRUTH_INVALID - the address is that of another gateway
 */
export async function setDemoNas(
  trx: TruthTransaction,
  gateway: string,
  nas: DemoNas | undefined,
): Promise<boolean> {
  if (!(await isDemo(trx, gateway))) return false;
  const { address, coaPort = null, coaSecret = null } = nas ?? {};
  await trx
    .updateTable('gateways')
    .set({
      coa_port: coaPort,
      coa_secret: coaSecret,
      nas_profile: nas === undefined ? null : demoNasProfile,
    })
    .where('name', '=', gateway)
    .execute();
  // One that did not answer was another one.
  await trx.deleteFrom('nas_silences').where('gateway', '=', gateway).execute();
  await trx.deleteFrom('gateway_nas_addresses').where('gateway', '=', gateway).execute();
  if (address !== undefined)
    await trx.insertInto('gateway_nas_addresses').values({ nas_ip: address, gateway }).execute();
  return true;
}

async function isDemo(trx: TruthTransaction, gateway: string): Promise<boolean> {
  const users = demoConnections.map((connection) => demoUser(connection, gateway));
  const row = await trx
    .selectFrom('vpn_connections')
    .select('id')
    .where('radius_username', 'in', users)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
