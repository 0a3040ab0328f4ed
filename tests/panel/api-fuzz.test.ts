/**
 * Whatever is sent to the API, made from its own description: it is answered as described, never with 500, and nobody gets past what
 * they may see and do. Each run is a sequence of requests by an admin, two customers and nobody in a world of its own.
 */

import { etagOf } from '@holdfast/mutations';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownerMay } from '../../apps/panel/src/app/operations.ts';
import {
  type ArbitraryRequest,
  type Asker,
  arbitraryRequest,
  type OpenChoice,
} from '../../apps/panel/src/testing/arbitrary-requests.ts';
import type { PanelUser } from '../../apps/panel/src/testing/panel-user.ts';
import { openPanelWorld, type PanelWorld } from '../../apps/panel/src/testing/panel-world.ts';
import { sqliteMemory } from '../../packages/mutations/src/testing/engines.ts';
import { counts } from '../support/counts.ts';

const seed = Math.trunc(Math.random() * 2 ** 31);
/** In everything that belongs to one of them, and in nothing else. */
const marks = { ana: 'qzana', bruno: 'qzbruno' } as const;
const lifeless = /^\/v1\/(auth\/(login|refresh|logout|captcha|password)|openapi\.json)/;
const requestsOfRun = 40;

interface Ground {
  readonly world: PanelWorld;
  readonly users: Readonly<Record<Asker, PanelUser | undefined>>;
  readonly tokens: readonly string[];
  /** Ids of mutations that were sent. */
  readonly used: string[];
}

describe('whatever is sent to the API', () => {
  it(`is answered as described, and shows and changes nothing that it may not (seed ${seed})`, async () => {
    const described = await (await openPanelWorld(await sqliteMemory())).requests.description();
    const asked = described.operations.filter(({ path }) => !lifeless.test(path));
    const runs = fc.array(arbitraryRequest(described, asked), {
      minLength: requestsOfRun,
      maxLength: requestsOfRun,
    });
    const reached = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(runs, async (requests) => {
        await using database = await sqliteMemory();
        const ground = await groundOn(await openPanelWorld(database));
        for (const request of requests) {
          const status = await tryOne(ground, request);
          reached.set(status, (reached.get(status) ?? 0) + 1);
        }
      }),
      { numRuns: counts.panelRequests / requestsOfRun, seed },
    );
    // Otherwise nothing would have been tried but the door.
    for (const status of [200, 400, 401, 403, 404])
      expect([status, reached.get(status) ?? 0]).not.toEqual([status, 0]);
  });
});

async function groundOn(world: PanelWorld): Promise<Ground> {
  const [ana, bruno] = [await world.customer(marks.ana), await world.customer(marks.bruno)];
  await world.customer('carla');
  const tokens: string[] = [];
  for (const [owner, mark, host] of [
    [ana, marks.ana, 1],
    [bruno, marks.bruno, 2],
  ] as const) {
    await world.connection({
      owner,
      label: `${mark} one`,
      userName: `${mark}@gw`,
      framedIp: `198.51.100.${host}`,
    });
    await world.connection({ owner, label: `${mark} two` });
  }
  for (const label of ['of nobody', 'of nobody either'])
    tokens.push((await world.connection({ label })).token);
  return { world, users: { admin: world.admin, ana, bruno, nobody: undefined }, tokens, used: [] };
}

async function tryOne(ground: Ground, request: ArbitraryRequest): Promise<number> {
  const { world, users } = ground;
  const { asker, operation } = request;
  await revived(ground);
  const before = await everything(world);
  const path = await pathOf(ground, request);
  const body = await filled(ground, request.body, path);
  const headers = headersOf(await filled(ground, request.headers, path));
  const answer = await world.request(operation.method, path, {
    as: users[asker],
    body: typeof body === 'object' && body !== null ? JSON.stringify(body) : body,
    headers,
  });
  const what = `${asker}: ${operation.method} ${path} ${JSON.stringify(body)} → ${answer.status} ${answer.text}`;
  expect(answer.status, what).not.toBe(500);
  if (asker === 'nobody') expect([401, 404], what).toContain(answer.status);
  const hidden = asker === 'ana' ? marks.bruno : asker === 'bruno' ? marks.ana : undefined;
  if (hidden !== undefined) expect(answer.text, what).not.toContain(hidden);
  const after = await everything(world);
  const isSuccess = answer.status < 300;
  if (!isSuccess || operation.method === 'GET') expect(after, what).toEqual(before);
  else checkChange(ground, request, { before, after, what, sentVersion: versionOf(body, headers) });
  return answer.status;
}

type Rows = Readonly<Record<string, { readonly version: number; readonly owner: number | null }>>;

interface Changing {
  readonly before: Rows;
  readonly after: Rows;
  readonly what: string;
  /** NaN where there was none. */
  readonly sentVersion: number;
}

/** What was changed was changed once, on the version that was sent, by somebody who may. */
function checkChange(
  { users }: Ground,
  { asker, operation }: ArbitraryRequest,
  { before, after, what, sentVersion }: Changing,
): void {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changed = [...keys].filter((key) => after[key]?.version !== before[key]?.version);
  expect(changed.length, what).toBeLessThanOrEqual(1);
  const hasVersion = operation.parameters?.some(({ name }) => name === 'If-Match') === true;
  for (const key of changed) {
    if (hasVersion)
      expect([before[key]?.version, after[key]?.version], what).toEqual([sentVersion, sentVersion + 1]);
    if (asker !== 'admin') expect((after[key] ?? before[key])?.owner, what).toBe(users[asker]?.id);
  }
  if (asker !== 'admin') expect(ownerMay, what).toContain(`${operation.method} ${operation.path}`);
}

function headersOf(headers: unknown): Readonly<Record<string, string>> {
  const sent = Object.entries(headers as object).map(([name, value]) => [name, printable(value)] as const);
  return Object.fromEntries(sent.filter(([, value]) => value !== ''));
}

function versionOf(body: unknown, headers: Readonly<Record<string, string>>): number {
  const sent = (typeof body === 'string' ? parsed(body) : body) as { readonly version?: unknown } | null;
  return Number(sent?.version ?? /\.v(\d+)"$/.exec(headers['If-Match'] ?? '')?.[1]);
}

/** Of a body that was sent as text; null for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Versions and owners of all that has them; a session is there while it is held. */
async function everything({ parts }: PanelWorld): Promise<Rows> {
  const { db } = parts.truth;
  const customers = await db.selectFrom('customers').select(['id', 'version']).execute();
  const connections = await db
    .selectFrom('vpn_connections')
    .select(['id', 'version', 'customer_id'])
    .execute();
  const held = await db
    .selectFrom('active_session_locks as session')
    .innerJoin('vpn_connections as connection', 'connection.id', 'session.vpn_connection_id')
    .select(['connection.id', 'connection.customer_id'])
    .where('session.state', '=', 'held')
    .execute();
  return Object.fromEntries([
    ...held.map(({ id, customer_id: owner }) => [`session of ${id}`, { version: 1, owner }] as const),
    ...customers.map(({ id, version }) => [`customer ${id}`, { version, owner: id }] as const),
    ...connections.map(
      ({ id, version, customer_id: owner }) => [`connection ${id}`, { version, owner }] as const,
    ),
  ]);
}

/** Whom an admin has shut out comes back, so that the sequence goes on with all of them. */
async function revived({ world, users }: Ground): Promise<void> {
  const { truth, logins } = world.parts;
  for (const user of [users.ana, users.bruno]) {
    if (user === undefined || (await logins.identify(user.accessToken)) !== undefined) continue;
    const { db } = truth;
    await db.updateTable('customers').set({ status: 'active' }).where('id', '=', user.id).execute();
    await db
      .updateTable('token_families')
      .set({ revoked_at: null, revoked_reason: null })
      .where('user_id', '=', user.principal)
      .execute();
  }
}

async function pathOf(ground: Ground, { operation, path, query }: ArbitraryRequest): Promise<string> {
  const parts: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(path)) parts[name] = await filled(ground, value, operation.path);
  const at = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encoded(parts[name]) || 'x');
  const asked: string[] = [];
  for (const [name, value] of Object.entries(query))
    asked.push(`${name}=${encoded(await filled(ground, value, operation.path))}`);
  return asked.length === 0 ? at : `${at}?${asked.join('&')}`;
}

function encoded(value: unknown): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return encodeURIComponent(text.toWellFormed()).replace(/^\.+$/, 'dots');
}

/** As a header can be sent. */
function printable(value: unknown): string {
  return String(typeof value === 'object' ? JSON.stringify(value) : value)
    .replaceAll(/[^\x20-\x7e]/g, '')
    .trim();
}

async function filled(ground: Ground, value: unknown, path: string): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((one) => filled(ground, one, path)));
  if (typeof value !== 'object' || value === null) return value;
  if ('choose' in value) return chosen(ground, value as OpenChoice, path);
  const entries = Object.entries(value).map(
    async ([name, one]) => [name, await filled(ground, one, path)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function chosen(ground: Ground, { choose, index }: OpenChoice, path: string): Promise<unknown> {
  const { tokens, used } = ground;
  switch (choose) {
    case 'connection':
      return String(1 + (index % 8));
    case 'customer':
      return String(1 + (index % 4));
    case 'session':
      return sessionId(ground, index);
    case 'version':
      // An old one now and then.
      return (await resourceAt(ground, path)).version - (index === 0 ? 1 : 0);
    case 'etag': {
      const { kind, id, version } = await resourceAt(ground, path);
      return etagOf({ kind, id, version });
    }
    case 'token':
      return tokens[index] ?? `wrong ${index}`;
    case 'mutation-id': {
      const again = index === 0 ? used.at(-1) : undefined;
      const id = again ?? crypto.randomUUID();
      used.push(id);
      return id;
    }
    default:
      return choose satisfies never;
  }
}

async function sessionId({ world }: Ground, index: number): Promise<string> {
  const { db } = world.parts.truth;
  const rows = await db.selectFrom('active_session_locks').selectAll().orderBy('id').execute();
  const row = rows[index % Math.max(1, rows.length)];
  return `${row?.vpn_connection_id}-${Date.parse(row?.acquired_at ?? '')}`;
}

/** What a path is about, as it is now. */
async function resourceAt({ world }: Ground, path: string) {
  const [, part, id = '0'] = /^\/v1\/(customers|connections)\/(\d+)/.exec(path) ?? [];
  const isCustomer = part === 'customers';
  const row = await world.parts.truth.db
    .selectFrom(isCustomer ? 'customers' : 'vpn_connections')
    .select('version')
    .where('id', '=', Number(id))
    .executeTakeFirst();
  return { kind: isCustomer ? 'customer' : 'vpn_connection', id, version: row?.version ?? 1 };
}
