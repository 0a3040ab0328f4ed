/** The mapper behind a real FreeRADIUS on MariaDB, with NASes of every kind: what the tests of it stand on. */
import { setTimeout as delay } from 'node:timers/promises';
import { addGateway, type NasProfile } from '@holdfast/truth-db';
import { afterAll, beforeAll } from 'vitest';
import { nasSecret, patient } from '../support/freeradius-server.ts';
import { openRadiusClient, type RadiusClient, type RadiusReply } from '../support/radius-client.ts';
import { type Attributes, statusTypes } from '../support/radius-packet-codec.ts';
import { type RadiusSite, type RadiusWorld, radiusWorld, userPassword } from '../support/radius-world.ts';

const users = 60;
/** A NAS of each kind, and one that truth does not know, beside the one at 127.0.0.1. */
export const addresses: Readonly<Record<NasProfile, string>> = {
  filter: '127.0.0.11',
  wispr: '127.0.0.12',
  mikrotik: '127.0.0.13',
  strongswan: '127.0.0.14',
};
export const strangeNas = '127.0.0.15';
export const rebootingNas = '127.0.0.16';
const clients = `client others {\n  ipaddr = 127.0.0.0/8\n  secret = "${nasSecret}"\n}`;
export const phone = '203.0.113.9';
export const laptop = '203.0.113.10';
export const wrong = 'The user name or the password is wrong.';

export const asks = (user: string, caller = phone): Attributes => [
  ['User-Name', user],
  ['NAS-IP-Address', '10.0.0.1'],
  ['Calling-Station-Id', caller],
];

export const classOf = (reply: RadiusReply): Buffer => {
  if (reply.kind !== 'accept') throw new Error(`the login was ${JSON.stringify(reply)}`);
  return Buffer.from(String(reply.values.Class?.[0]), 'hex');
};

export const report = (
  status: keyof typeof statusTypes,
  {
    user,
    caller = phone,
    session = 's1',
    holder,
    more = [],
  }: {
    readonly user: string;
    readonly caller?: string;
    readonly session?: string;
    readonly holder?: Buffer;
    readonly more?: Attributes;
  },
): Attributes => [
  ...asks(user, caller),
  ['Acct-Status-Type', statusTypes[status]],
  ['Acct-Session-Id', session],
  ...(holder === undefined ? [] : ([['Class', holder]] as const)),
  ...more,
];
export const framed = (id: number): Attributes => [['Framed-IP-Address', `10.8.0.${id}`]];
export const acknowledged = { kind: 'acknowledged' };

export interface MapperGround {
  readonly world: RadiusWorld;
  /** At 127.0.0.1. */
  readonly nas: RadiusClient;
  site(): RadiusSite;
  /** A connection that no other test has. */
  someone(row?: object): Promise<{ readonly id: number; readonly user: string }>;
  lockOf(id: number): ReturnType<typeof readLock>;
  /** Reasons of the triggers of a connection, in their order. */
  triggersOf(id: number): Promise<readonly string[]>;
  /** Until truth says so: accounting may be spooled on its way. */
  until(id: number, fits: (lock: Lock) => boolean): Promise<Lock>;
}

type Lock = Awaited<ReturnType<typeof readLock>>;

/** For a `describe`: one world for all of its tests. */
export function mapperGround(): MapperGround {
  let world: RadiusWorld;
  let nas: RadiusClient;
  let made = 0;

  beforeAll(async () => {
    world = await radiusWorld({
      sites: 1,
      users,
      mapper: { args: ['--client-timeout', '3s'] },
      radius: { clients, options: { ...patient, mschap: 'yes' } },
    });
    await world.truth.transaction(async (trx) => {
      const places = Object.entries(addresses) as readonly (readonly [NasProfile, string])[];
      for (const [nasProfile, address] of places) {
        const gateway = { name: nasProfile, layout: 'shared-device', device: 'wg1' } as const;
        await addGateway(trx, { ...gateway, nasProfile, nasAddresses: [address] });
      }
      const gateway = { name: 'rebooting', layout: 'shared-device', device: 'wg2' } as const;
      await addGateway(trx, { ...gateway, nasAddresses: [rebootingNas] });
    });
    nas = await openRadiusClient(site().radius);
    // It reads the addresses of NASes once in a while, all of them.
    await using last = await openRadiusClient(site().radius, rebootingNas);
    const isKnown = (reply: RadiusReply) =>
      reply.kind !== 'none' && reply.values['Reply-Message']?.[0] === wrong;
    while (!isKnown(await last.login(asks('nobody'), userPassword))) await delay(50);
  });

  afterAll(async () => {
    await nas?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  const site = () => {
    const [first] = world.sites;
    if (first === undefined) throw new Error('a world without a site');
    return first;
  };
  const lockOf = (id: number) => readLock(world, id);
  return {
    get world() {
      return world;
    },
    get nas() {
      return nas;
    },
    site,
    someone: async (row = {}) => {
      made += 1;
      const id = made;
      if (Object.keys(row).length > 0)
        await world.truth.db.updateTable('vpn_connections').set(row).where('id', '=', id).execute();
      return { id, user: `user${id - 1}` };
    },
    lockOf,
    triggersOf: async (id) => {
      const triggers = world.truth.db.selectFrom('policy_triggers').select('reason');
      const rows = await triggers.where('vpn_connection_id', '=', id).orderBy('id').execute();
      return rows.map(({ reason }) => reason);
    },
    until: async (id, fits) => {
      for (;;) {
        const lock = await lockOf(id);
        if (fits(lock)) return lock;
        await delay(10);
      }
    },
  };
}

function readLock({ truth }: RadiusWorld, id: number) {
  const locks = truth.db.selectFrom('active_session_locks').selectAll();
  return locks.where('vpn_connection_id', '=', id).executeTakeFirst();
}
