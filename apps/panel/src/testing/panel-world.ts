/**
 * The panel in one process, without a port, on a database of its own, with an admin and customers who are logged in. Its parts are
 * the real ones; only hashes of passwords are cheap, and no gateway's machine is there.
 */

import { type Clock, silentLog, systemClock } from '@holdfast/base';
import { Mutations, TagCache } from '@holdfast/mutations';
import {
  addGateway,
  changeConnection,
  createPasswordHasher,
  migrate,
  provisionConnection,
  startSession,
  type Truth,
} from '@holdfast/truth-db';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { sql } from 'kysely';
import { afterEach, beforeEach } from 'vitest';
import type { MakeDatabase, TestDatabase } from '../../../../packages/mutations/src/testing/engines.ts';
import { createApp } from '../app/create-app.ts';
import type { PanelEnv } from '../app/panel-env.ts';
import type { PanelParts } from '../app/panel-parts.ts';
import { ChangeFeed } from '../feed/change-feed.ts';
import { GatewayView } from '../gateway/gateway-view.ts';
import { Logins } from '../login/logins.ts';
import { type PanelAnswer, type PanelRequest, PanelRequests } from './panel-requests.ts';
import { newAdmin, newCustomer, type PanelUser, testSecret } from './panel-user.ts';

export interface PanelWorldOptions {
  readonly clock?: Clock;
  /** Instead of some of the parts. */
  readonly parts?: (parts: PanelParts) => Partial<PanelParts>;
}

export interface NewConnection {
  readonly owner?: PanelUser;
  readonly label?: string;
  readonly userName?: string;
  readonly staticIp?: string;
  /** Of the session that it has, on the gateway `gw1`. */
  readonly framedIp?: string;
}

export interface MadeConnection {
  readonly id: string;
  readonly version: number;
  /** By which it can be claimed, where nobody has it. */
  readonly token: string;
}

export interface PanelWorld {
  readonly parts: PanelParts;
  readonly app: OpenAPIHono<PanelEnv>;
  readonly requests: PanelRequests;
  /** `a1`, `Root`. */
  readonly admin: PanelUser;
  /** Registers one, who is logged in: `ana@example.com`. */
  customer(name: string): Promise<PanelUser>;
  connection(made?: NewConnection): Promise<MadeConnection>;
  /** Checked against the description of the API. */
  request<Body = unknown>(method: string, path: string, request?: PanelRequest): Promise<PanelAnswer<Body>>;
}

/**
 * To be called inside a suite: each of its tests has a world of its own.
 *
 * @returns the world, and the same panel as another process on the database would have it
 */
export function usePanelWorld(
  make: MakeDatabase,
  options: PanelWorldOptions = {},
): { readonly world: () => PanelWorld; readonly another: () => PanelWorld } {
  let database: TestDatabase;
  let world: PanelWorld;
  beforeEach(async () => {
    database = await make();
    world = await openPanelWorld(database, options);
  });
  afterEach(() => database?.[Symbol.asyncDispose]());
  return { world: () => world, another: () => worldOn(database.open(), world.admin, options) };
}

/** The same for who keeps one over many cases. The database is closed by its own disposal. */
export async function openPanelWorld(
  database: TestDatabase,
  options: PanelWorldOptions = {},
): Promise<PanelWorld> {
  const truth = database.open();
  const { clock = systemClock } = options;
  await (database.isUsed ? emptyPanel(truth) : migrate(truth));
  await truth.transaction((trx) => addGateway(trx, { name: 'gw1', layout: 'shared-device', device: 'wg0' }));
  const admin = await newAdmin(truth, 'Root', clock.wallMs());
  return worldOn(truth, admin, options);
}

function worldOn(truth: Truth, admin: PanelUser, options: PanelWorldOptions): PanelWorld {
  const { clock = systemClock } = options;
  const base = partsOn(truth, clock);
  const parts = { ...base, ...options.parts?.(base) };
  const app = createApp(parts);
  const requests = new PanelRequests(app);
  return {
    parts,
    app,
    requests,
    admin,
    customer: (name) => newCustomer(truth, name, clock.wallMs()),
    connection: (made) => newConnection(truth, clock.wallMs(), made),
    request: (method, path, request) => requests.send(method, path, request),
  };
}

function partsOn(truth: Truth, clock: Clock): PanelParts {
  const shared = { truth, clock, log: silentLog };
  const passwords = createPasswordHasher({ cost: { memoryKib: 8, passes: 1, lanes: 1 } });
  const feed = new ChangeFeed(shared);
  // However busy the machine is: what is refused in a test is refused for what it is.
  const mutex = { waitMs: 60_000 };
  const mutations = new Mutations({ ...shared, mutex, onCommit: (change) => feed.note(change) });
  return {
    ...shared,
    mutations,
    passwords,
    feed,
    cache: new TagCache({ truth, clock }),
    logins: new Logins({ ...shared, mutations, passwords, secret: testSecret }),
    gateways: new GatewayView({
      ...shared,
      stateDir: '/nonexistent/holdfast',
      reconcile: { kind: 'unix', path: '/nonexistent/holdfast.sock' },
    }),
    clientAddress: () => '127.0.0.1',
  };
}

async function newConnection(
  truth: Truth,
  nowMs: number,
  { owner, label, userName, staticIp, framedIp }: NewConnection = {},
): Promise<MadeConnection> {
  const { id, token } = await truth.transaction((trx) =>
    provisionConnection(trx, {
      at: nowMs,
      label: label ?? null,
      radiusUsername: userName ?? null,
      staticIp: staticIp ?? null,
    }),
  );
  if (owner !== undefined) {
    const event = { kind: 'claim', customerId: owner.id } as const;
    await changeConnection(truth, { vpnConnectionId: id, event, at: nowMs });
  }
  if (framedIp !== undefined) {
    const session = { gateway: 'gw1', vpnConnectionId: id, sessionKey: `key-${id}`, framedIp };
    const times = { at: nowMs, expiresAt: nowMs + 3_600_000 };
    await truth.transaction((trx) => startSession(trx, { ...session, ...times }));
  }
  return { id: String(id), version: owner === undefined ? 1 : 2, token };
}

/** In the order in which foreign keys let them go. */
const filled = [
  'active_session_locks',
  'released_sessions',
  'vpn_connections',
  'customers',
  'policy_triggers',
  'trigger_counters',
  'gateway_state',
  'gateway_nas_addresses',
  'gateways',
  'panel_devices',
  'panel_admins',
  'token_families',
  'captcha_claims',
  'rate_limits',
  'ip_salts',
  'mutation_receipts',
  'change_log',
  'tag_generations',
];
const counted = ['vpn_connections', 'customers', 'panel_admins'];

/** Leaves a server's database as it was when it was made. */
async function emptyPanel({ db }: Truth): Promise<void> {
  for (const table of filled) await sql`delete from ${sql.table(table)}`.execute(db);
  for (const table of counted) await sql`alter table ${sql.table(table)} auto_increment = 1`.execute(db);
}
