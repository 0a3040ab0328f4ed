/**
 * A database with two gateways for the contracts of sessions and triggers. Each test has its own; its clock stands at a
 * fixed moment, which tests pass on as they need.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  acquireSession,
  addGateway,
  confirmSession,
  encodeTime,
  migrate,
  openTruth,
  provisionConnection,
  type SessionAnswer,
  type SessionConfirmed,
  type SessionGrant,
  type SessionHolder,
  type SessionRequest,
  type SessionStarted,
  type Truth,
} from '../index.ts';

/** Opens a connection of its own to one and the same empty database. */
export interface EmptyDatabase extends AsyncDisposable {
  open(): Truth;
}

export type MakeDatabase = () => Promise<EmptyDatabase>;

export const now = Date.UTC(2026, 0, 10, 12, 0, 0, 250);
export const minuteMs = 60_000;
export const hourMs = 3_600_000;

export interface SessionWorld extends AsyncDisposable {
  readonly truth: Truth;
  /** Another connection to the same database. */
  open(): Truth;
  /** A connection that may log in. */
  connection(): Promise<number>;
  acquire(id: number, device: string, more?: Partial<SessionRequest>): Promise<SessionAnswer>;
  /** The grant of an `acquire` that has to succeed. */
  granted(id: number, device: string, more?: Partial<SessionRequest>): Promise<SessionGrant>;
  /** Reports the start of a session, for an hour from `now` where nothing else is told. */
  confirm(id: number, holder: SessionHolder, told?: Partial<SessionStarted>): Promise<SessionConfirmed>;
  /** A session that has begun, with this address. */
  begun(id: number, device: string, framedIp: string, gateway?: string): Promise<SessionGrant>;
  /** The stored lock, undefined when the connection never had one. */
  lock(id: number): ReturnType<typeof lockOf>;
  ended(id: number): ReturnType<typeof endedOf>;
  /** All triggers by gateway and id, as `gateway:reason`. */
  triggers(): Promise<readonly string[]>;
}

export async function createSessionWorld(make: MakeDatabase): Promise<SessionWorld> {
  const database = await make();
  const opened: Truth[] = [];
  const open = () => {
    const truth = database.open();
    opened.push(truth);
    return truth;
  };
  const truth = open();
  await migrate(truth);
  await truth.transaction(async (trx) => {
    for (const name of ['gw', 'gw2']) {
      await addGateway(trx, { name, layout: 'shared-device', device: 'wg0', shards: 4 });
    }
  });
  const acquire: SessionWorld['acquire'] = (id, device, more) =>
    truth.transaction((trx) => acquireSession(trx, { ...requestOf(id, device), ...more }));
  const granted: SessionWorld['granted'] = async (id, device, more) => {
    const answer = await acquire(id, device, more);
    if (answer.kind === 'busy' || answer.kind === 'refused') throw new Error(`the session is ${answer.kind}`);
    return answer;
  };
  const confirm: SessionWorld['confirm'] = (id, holder, told) =>
    truth.transaction((trx) =>
      confirmSession(trx, { vpnConnectionId: id, holder, at: now, expiresAt: now + hourMs, ...told }),
    );
  return {
    truth,
    open,
    confirm,
    connection: async () => (await truth.transaction((trx) => provisionConnection(trx, { at: now }))).id,
    acquire,
    granted,
    begun: async (id, device, framedIp, gateway = 'gw') => {
      const grant = await granted(id, device, { gateway });
      await confirm(id, grant, { framedIp });
      return grant;
    },
    lock: (id) => lockOf(truth, id),
    ended: (id) => endedOf(truth, id),
    triggers: () => triggersOf(truth),
    [Symbol.asyncDispose]: async () => {
      for (const one of opened) await one.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** An empty SQLite file. */
export async function sqliteDatabase(): Promise<EmptyDatabase> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-truth-'));
  const url = `sqlite:${join(directory, 'truth.db')}`;
  return {
    open: () => openTruth(url, { busyTimeoutMs: 30_000 }),
    [Symbol.asyncDispose]: async () => rmSync(directory, { recursive: true }),
  };
}

/** SQLite in memory: one connection and no flushes, for what needs no more. */
export async function memoryDatabase(): Promise<EmptyDatabase> {
  return { open: () => openTruth('sqlite::memory:'), [Symbol.asyncDispose]: async () => undefined };
}

/** A login of `device`, whose request vector tells it from its other logins where a test gives one. */
export function requestOf(id: number, device: string): SessionRequest {
  return {
    vpnConnectionId: id,
    gateway: 'gw',
    sessionKey: device,
    requestVector: `${device}-1`,
    nasIp: '192.0.2.1',
    at: now,
    expiresAt: now + minuteMs,
  };
}

async function lockOf(truth: Truth, id: number) {
  return truth.db
    .selectFrom('active_session_locks')
    .selectAll()
    .where('vpn_connection_id', '=', id)
    .executeTakeFirst();
}

/** The sessions of a connection that have ended, in that order. */
export async function endedOf(truth: Truth, id: number) {
  return truth.db
    .selectFrom('released_sessions')
    .selectAll()
    .where('vpn_connection_id', '=', id)
    .orderBy('id')
    .execute();
}

async function triggersOf(truth: Truth): Promise<readonly string[]> {
  const rows = await truth.db
    .selectFrom('policy_triggers')
    .select(['gateway', 'reason'])
    .orderBy('gateway')
    .orderBy('id')
    .execute();
  return rows.map(({ gateway, reason }) => `${gateway}:${reason}`);
}

/** A moment as it is stored. */
export const stored = encodeTime;
