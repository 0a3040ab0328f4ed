/** The sessions that are held, for an operator who looks at them: who is where, since when, and until when. */
import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import { engineSql } from '../engine-sql.ts';
import type { TruthTables } from '../tables.ts';
import { decodeTime, type UtcTime } from '../utc-time.ts';

export interface ListedSession {
  readonly vpnConnectionId: number;
  /** Null where nobody can log in by RADIUS. */
  readonly userName: string | null;
  readonly label: string | null;
  readonly gateway: string | null;
  readonly nasIp: string | null;
  readonly framedIp: string | null;
  readonly framedIpv6: string | null;
  readonly ifname: string | null;
  readonly acctSessionId: string | null;
  /** In milliseconds since the Unix epoch, as the other two. */
  readonly acquiredAt: number;
  /** Null while its start was not reported yet. */
  readonly confirmedAt: number | null;
  /** A session whose time is over is held until somebody ends it or takes it over. */
  readonly expiresAt: number;
}

export interface ListSessions {
  readonly gateway?: string | undefined;
  /** User-Name, byte by byte. */
  readonly user?: string | undefined;
  /** Most of them. */
  readonly limit: number;
  /** `vpnConnectionId` of the last one that was seen: those behind it follow. */
  readonly after?: number | undefined;
}

/**
 * Sessions that are held, in the order of their connections. As many as `limit` means that there may be more: ask again
 * `after` the last one.
 *
 * @param db - `truth.db`, or a transaction
 */
export async function listSessions(
  db: Kysely<TruthTables>,
  { gateway, user, limit, after }: ListSessions,
): Promise<readonly ListedSession[]> {
  const conditions = [
    ...(gateway === undefined ? [] : [sql<SqlBool>`l.gateway = ${gateway}`]),
    ...(user === undefined ? [] : [sql<SqlBool>`c.radius_username = ${user}`]),
    ...(after === undefined ? [] : [sql<SqlBool>`l.vpn_connection_id > ${after}`]),
  ];
  // Both have their rows in the order of the list, which may then end at its limit.
  const index =
    gateway === undefined || user !== undefined
      ? 'uq_active_session_locks_vpn_connection_id'
      : 'ix_active_session_locks_gateway';
  return select(db, { index, conditions, limit });
}

/**
 * The session of one connection.
 *
 * @param db - `truth.db`, or a transaction
 * @returns undefined when it has none, and when there is no such connection
 */
export async function findSession(
  db: Kysely<TruthTables>,
  which: { readonly vpnConnectionId: number } | { readonly user: string },
): Promise<ListedSession | undefined> {
  const condition =
    'user' in which
      ? sql<SqlBool>`c.radius_username = ${which.user}`
      : sql<SqlBool>`l.vpn_connection_id = ${which.vpnConnectionId}`;
  const index = 'uq_active_session_locks_vpn_connection_id';
  const [session] = await select(db, { index, conditions: [condition], limit: 1 });
  return session;
}

interface Selection {
  readonly index: string;
  readonly conditions: readonly RawBuilder<SqlBool>[];
  readonly limit: number;
}

/** As the query gives it: times as they are stored. */
type StoredSession = Omit<ListedSession, 'acquiredAt' | 'confirmedAt' | 'expiresAt'> & {
  readonly acquiredAt: UtcTime;
  readonly confirmedAt: UtcTime | null;
  readonly expiresAt: UtcTime;
};

async function select(
  db: Kysely<TruthTables>,
  { index, conditions, limit }: Selection,
): Promise<readonly ListedSession[]> {
  const isHeld = sql<SqlBool>`l.state = 'held'`;
  const { rows } = await sql<StoredSession>`
    select l.vpn_connection_id as "vpnConnectionId", c.radius_username as "userName", c.label as "label",
           l.gateway as "gateway", l.nas_ip as "nasIp", l.framed_ip as "framedIp",
           l.framed_ipv6 as "framedIpv6", l.ifname as "ifname", l.acct_session_id as "acctSessionId",
           l.acquired_at as "acquiredAt", l.confirmed_at as "confirmedAt", l.expires_at as "expiresAt"
    from active_session_locks l ${engineSql(db).byIndex(index)}
    join vpn_connections c on c.id = l.vpn_connection_id
    where ${sql.join([isHeld, ...conditions], sql` and `)}
    order by l.vpn_connection_id limit ${limit}`.execute(db);
  return rows.map(({ acquiredAt, confirmedAt, expiresAt, ...session }) => ({
    ...session,
    acquiredAt: decodeTime(acquiredAt),
    confirmedAt: confirmedAt === null ? null : decodeTime(confirmedAt),
    expiresAt: decodeTime(expiresAt),
  }));
}
