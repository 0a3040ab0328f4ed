/** The degraded mode on a real MariaDB, with a double of the mapper that cannot be asked: what the tests of it stand on. */
import {
  addCustomer,
  addGateway,
  confirmSession,
  hashRadiusSecret,
  migrate,
  type NewGateway,
  noPassword,
  openTruth,
  provisionConnection,
  type Truth,
} from '@holdfast/truth-db';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import {
  type FreeradiusServer,
  nasSecret,
  patient,
  startFreeradiusServer,
} from '../support/freeradius-server.ts';
import { grantRadiusAccount, speakTo } from '../support/holdfast-radius-sql.ts';
import { type MariadbServer, startMariadbServer } from '../support/mariadb-server.ts';
import { emptyDatabase } from '../support/mariadb-truth.ts';
import { openRadiusClient, type RadiusClient, type RadiusReply } from '../support/radius-client.ts';
import type { Attributes } from '../support/radius-packet-codec.ts';
import { type Answer, type MapperDouble, openMapperDouble } from './mapper-double.ts';

const secret = 'degraded-secret-0123456789';
export const password = 'correct horse';
export const hourMs = 3_600_000;
export const strangeNas = '127.0.0.5';
export const device = '203.0.113.9';

export const asks = (user: string, caller = device): Attributes => [
  ['User-Name', user],
  ['NAS-IP-Address', '10.0.0.1'],
  ['Calling-Station-Id', caller],
];

const gateway: NewGateway = {
  name: 'gw1',
  layout: 'shared-device',
  device: 'wg0',
  nasAddresses: ['127.0.0.1'],
  nasProfile: 'filter',
};

export function tokenOf(reply: RadiusReply): string {
  if (reply.kind !== 'accept') throw new Error(`the login was ${JSON.stringify(reply)}`);
  return Buffer.from(String(reply.values.Class?.[0]), 'hex').toString();
}

type CustomerStatus = 'active' | 'suspended' | 'deleted';

export interface DegradedGround {
  readonly database: string;
  readonly maria: MariadbServer;
  readonly truth: Truth;
  readonly mapper: MapperDouble;
  readonly server: FreeradiusServer;
  readonly nas: RadiusClient;
  /** Another FreeRADIUS, with shipped files changed. */
  start(edit: (path: string, text: string) => string): Promise<FreeradiusServer>;
  /** What the mapper says until the end of the test; 503 at its beginning. */
  answers(answer: Answer): void;
  /** A connection by a name of its own, claimed by a customer where a status is given. */
  connection(row?: object, status?: CustomerStatus): Promise<{ readonly id: number; readonly user: string }>;
  lockOf(id: number): ReturnType<typeof readLock>;
  endedOf(id: number): ReturnType<typeof readEnded>;
  /** Its Start, as truth-db takes it. */
  begin(id: number, holderToken: string, at?: number): ReturnType<typeof confirmSession>;
}

/** For a `describe`: one of each for all of its tests. */
export function degradedGround(): DegradedGround {
  let database: string;
  let maria: MariadbServer;
  let truth: Truth;
  let mapper: MapperDouble;
  let server: FreeradiusServer;
  let nas: RadiusClient;
  let answer: Answer;
  let made = 0;

  const start: DegradedGround['start'] = (edit) => startServer(mapper, edit);

  beforeAll(async () => {
    maria = await startMariadbServer({ hasPort: true });
    const url = await emptyDatabase(maria);
    database = new URL(url).pathname.slice(1);
    truth = openTruth(url);
    await migrate(truth);
    await truth.transaction((trx) => addGateway(trx, gateway));
    await grantRadiusAccount(maria, database);
    mapper = await openMapperDouble(() => answer);
    server = await start(speakTo(maria, database));
    nas = await openRadiusClient(server);
  });

  afterAll(async () => {
    await nas?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    await mapper?.[Symbol.asyncDispose]();
    await truth?.close();
    await maria?.[Symbol.asyncDispose]();
  });

  beforeEach(() => {
    answer = { status: 503 };
  });

  return {
    get database() {
      return database;
    },
    get maria() {
      return maria;
    },
    get truth() {
      return truth;
    },
    get mapper() {
      return mapper;
    },
    get server() {
      return server;
    },
    get nas() {
      return nas;
    },
    start,
    answers: (given) => {
      answer = given;
    },
    connection: (row, status) => {
      made += 1;
      return addConnection(truth, made, { row, status });
    },
    lockOf: (id) => readLock(truth, id),
    endedOf: (id) => readEnded(truth, id),
    begin: (id, holderToken, at) => beginSession(truth, id, { holderToken, at }),
  };
}

function startServer({ url }: MapperDouble, edit: (path: string, text: string) => string) {
  return startFreeradiusServer({
    mapper: url,
    mapperSecret: secret,
    options: { ...patient, degraded: 'yes', mschap: 'yes', degraded_hold: '1800' },
    clients: `client strange {\n  ipaddr = ${strangeNas}\n  secret = "${nasSecret}"\n}`,
    hasSql: true,
    edit,
  });
}

interface Made {
  readonly row: object | undefined;
  readonly status: CustomerStatus | undefined;
}

async function addConnection(truth: Truth, number: number, { row, status }: Made) {
  const user = `user${number}@vpn.example`;
  const { id } = await truth.transaction((trx) => provisionConnection(trx, { at: Date.now() }));
  const customer = status === undefined ? undefined : await addCustomerWith(truth, number, status);
  const claimed = customer === undefined ? {} : { customer_id: customer, status: 'CLAIMED' as const };
  const credentials = { radius_username: user, radius_secret_hash: hashRadiusSecret(password) };
  await truth.db
    .updateTable('vpn_connections')
    .set({ ...credentials, ...claimed, ...row })
    .where('id', '=', id)
    .execute();
  return { id, user };
}

async function addCustomerWith(truth: Truth, number: number, status: CustomerStatus): Promise<number> {
  const email = `${number}@example.com`;
  const id = await truth.transaction((trx) =>
    addCustomer(trx, { email, passwordHash: noPassword, at: Date.now() }),
  );
  await truth.db.updateTable('customers').set({ status }).where('id', '=', id).execute();
  return id;
}

interface Begun {
  readonly holderToken: string;
  readonly at: number | undefined;
}

function beginSession(truth: Truth, id: number, { holderToken, at = Date.now() }: Begun) {
  const started = { vpnConnectionId: id, holder: { holderToken }, framedIp: `10.8.0.${id}`, at };
  return truth.transaction((trx) => confirmSession(trx, { ...started, expiresAt: at + hourMs }));
}

function readLock({ db }: Truth, id: number) {
  return db
    .selectFrom('active_session_locks')
    .selectAll()
    .where('vpn_connection_id', '=', id)
    .executeTakeFirst();
}

function readEnded({ db }: Truth, id: number) {
  return db.selectFrom('released_sessions').selectAll().where('vpn_connection_id', '=', id).execute();
}
