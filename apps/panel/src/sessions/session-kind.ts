/**
 * Sessions as resources, so that ending one is a mutation like any other: once, with its line in the log and its trigger. Nobody edits
 * a session, so it has two versions: 1 while it is held, 2 when it has ended. Which session is meant, its id says.
 *
 * An ended session is known for as long as truth remembers it (`released_sessions`).
 */
import { HoldfastError } from '@holdfast/base';
import type { Change, PanelViewer, ResourceKind, Stored } from '@holdfast/mutations';
import { encodeTime, releaseSessionByHand, type Truth, type UtcTime } from '@holdfast/truth-db';
import { sql } from 'kysely';
import { ownerMay } from '../app/operations.ts';

/** An ended one has no place any more: what it had there is in the log, as what was there before. */
export interface SessionValue {
  readonly customer_id: number | null;
  readonly state: 'held' | 'ended';
  readonly gateway: string | null;
  readonly framed_ip: string | null;
  readonly framed_ipv6: string | null;
}

export type SessionKind = ResourceKind<SessionValue, PanelViewer>;

const held = 1;
const ended = 2;

export const sessions: SessionKind = {
  name: 'session',
  fields: { customer_id: { isDerived: true }, state: {}, gateway: {}, framed_ip: {}, framed_ipv6: {} },
  read: readSession,
  update: () => Promise.resolve(false),
  project: ({ customer_id: owner, ...value }, viewer) => {
    if (viewer.role === 'admin') return { customer_id: owner, ...value };
    return owner === viewer.customerId ? value : undefined;
  },
  mayMutate: (viewer, operation) => viewer.role === 'admin' || ownerMay.includes(operation),
};

/** Version that a session has to have to be ended. */
export const heldVersion = held;

/** Ends the session, and tells its gateway. A session that came after it stays. */
export function releaseHeld(): Change<SessionValue> {
  return async ({ trx, at, id }) => {
    const { vpnConnectionId, acquiredAt } = partsOf(id) ?? { vpnConnectionId: 0, acquiredAt: 0 };
    const released = await releaseSessionByHand(trx, { vpnConnectionId, acquiredAt, at, reason: 'panel' });
    if (released.kind === 'absent')
      throw new HoldfastError('VERSION_CONFLICT', `session ${id} has ended meanwhile`, { details: { id } });
    return { isDeletion: true };
  };
}

export function connectionOf(id: string): string {
  return String(partsOf(id)?.vpnConnectionId ?? '');
}

function partsOf(id: string): { readonly vpnConnectionId: number; readonly acquiredAt: number } | undefined {
  const [, connection, began] = /^([1-9]\d{0,15})-(\d{1,15})$/.exec(id) ?? [];
  const [vpnConnectionId, acquiredAt] = [Number(connection), Number(began)];
  // encodeTime goes as far as the year 9999, and one spelling of an id is enough.
  const isMoment = acquiredAt < 253_402_300_800_000 && String(acquiredAt) === began;
  return Number.isSafeInteger(vpnConnectionId) && isMoment ? { vpnConnectionId, acquiredAt } : undefined;
}

async function readSession(db: Truth['db'], id: string): Promise<Stored<SessionValue> | undefined> {
  const parts = partsOf(id);
  if (parts === undefined) return undefined;
  const { vpnConnectionId, acquiredAt } = parts;
  const began = encodeTime(acquiredAt);
  const live = await sql<Omit<SessionValue, 'state'>>`
    select c.customer_id, s.gateway, s.framed_ip, s.framed_ipv6
    from active_session_locks s join vpn_connections c on c.id = s.vpn_connection_id
    where s.vpn_connection_id = ${vpnConnectionId} and s.acquired_at = ${began} and s.state = 'held'`.execute(
    db,
  );
  const [row] = live.rows;
  if (row !== undefined) return { version: held, value: { ...row, state: 'held' } };
  return readEnded(db, vpnConnectionId, began);
}

async function readEnded(
  db: Truth['db'],
  vpnConnectionId: number,
  began: UtcTime,
): Promise<Stored<SessionValue> | undefined> {
  const row = await db
    .selectFrom('released_sessions as ended')
    .innerJoin('vpn_connections as connection', 'connection.id', 'ended.vpn_connection_id')
    .select('connection.customer_id')
    .where('ended.vpn_connection_id', '=', vpnConnectionId)
    .where('ended.acquired_at', '=', began)
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const value = { ...row, state: 'ended', gateway: null, framed_ip: null, framed_ipv6: null } as const;
  return { version: ended, value };
}
