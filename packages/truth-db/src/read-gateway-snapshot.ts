/**
 * Reads what one policy run needs, in one snapshot: the trigger id and the sessions belong to the same moment, so a run
 * that applies these sessions covers exactly the triggers up to that id.
 */
import { type Kysely, sql } from 'kysely';
import { engineSql } from './engine-sql.ts';
import type { GatewayRow, GatewaySnapshot, SessionRow } from './gateway-snapshot.ts';
import type { SqlBoolean, TruthTables } from './tables.ts';
import type { Truth } from './truth.ts';
import { encodeTime, type Moment } from './utc-time.ts';

/**
 * The gateway with its held sessions that have not expired at `now`, ordered by connection; undefined when truth has no
 * such gateway. One query for all sessions; it blocks the event loop while SQLite steps through them (about 1 µs a
 * session).
 *
 * @param now - milliseconds since the Unix epoch, or a Date
 */
export async function readGatewaySnapshot(
  truth: Truth,
  gatewayName: string,
  now: Moment,
): Promise<GatewaySnapshot | undefined> {
  return truth.snapshot(async (trx) => {
    const head = await readGateway(trx, gatewayName);
    if (head === undefined) return undefined;
    return { ...head, sessions: await readSessions(trx, gatewayName, now) };
  });
}

/** The gateway and its newest trigger, undefined when truth has no such gateway. */
export async function readGateway(
  trx: Kysely<TruthTables>,
  name: string,
): Promise<{ readonly gateway: GatewayRow; readonly newestTrigger: number } | undefined> {
  const row = await trx
    .selectFrom('gateways')
    .leftJoin('trigger_counters', 'trigger_counters.gateway', 'gateways.name')
    .select(['id', 'name', 'layout', 'device', 'shards', 'last_id'])
    .where('name', '=', name)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { last_id: newestTrigger, ...gateway } = row;
  return { gateway, newestTrigger: newestTrigger ?? 0 };
}

/** A session as the query gives it: the fields of the result, the flag still as it is stored. */
type StoredSession = Omit<SessionRow, 'restrictedEffective'> & { readonly restrictedEffective: SqlBoolean };

/** @param only - the connections that are asked for; all without it */
export async function readSessions(
  trx: Kysely<TruthTables>,
  gateway: string,
  now: Moment,
  only?: readonly number[],
): Promise<readonly SessionRow[]> {
  const isAsked = only === undefined ? sql`` : sql`and l.vpn_connection_id in (${sql.join(only)})`;
  const { rows } = await sql<StoredSession>`
    select l.vpn_connection_id as "vpnConnectionId", l.framed_ip as "framedIp", l.framed_ipv6 as "framedIpv6",
           l.shaping_slot as "shapingSlot", l.ifname as "ifname", c.down_kbit as "downKbit", c.up_kbit as "upKbit",
           c.restricted_effective as "restrictedEffective", c.status as "status"
    from active_session_locks l ${engineSql(trx).byIndex('ix_active_session_locks_gateway')}
    join vpn_connections c on c.id = l.vpn_connection_id
    where l.gateway = ${gateway} and l.state = 'held' and l.expires_at > ${encodeTime(now)} ${isAsked}
    order by l.vpn_connection_id`.execute(trx);
  return rows.map((row) => ({ ...row, restrictedEffective: row.restrictedEffective === 1 }));
}
