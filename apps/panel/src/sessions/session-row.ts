/** A session as its row has it, and as a viewer gets to see it. */
import type { PanelViewer } from '@holdfast/mutations';
import type { Session } from '@holdfast/panel-client/schema';
import { decodeTime, type Truth, type UtcTime } from '@holdfast/truth-db';
import { type RawBuilder, sql } from 'kysely';

export interface SessionRow {
  readonly connectionId: number;
  readonly customerId: number | null;
  readonly label: string | null;
  readonly userName: string | null;
  readonly gateway: string | null;
  readonly framedIp: string | null;
  readonly framedIpv6: string | null;
  readonly nasIp: string | null;
  readonly ifname: string | null;
  readonly acquiredAt: UtcTime;
  /** Null until its NAS has reported the start. */
  readonly confirmedAt: UtcTime | null;
  readonly expiresAt: UtcTime;
}

/** To be selected `from active_session_locks s join vpn_connections c`. */
export const sessionColumns = sql`
  s.vpn_connection_id as "connectionId", c.customer_id as "customerId", c.label as "label",
  c.radius_username as "userName", s.gateway as "gateway", s.framed_ip as "framedIp",
  s.framed_ipv6 as "framedIpv6", s.nas_ip as "nasIp", s.ifname as "ifname",
  s.acquired_at as "acquiredAt", s.confirmed_at as "confirmedAt", s.expires_at as "expiresAt"`;

export const heldSessions: RawBuilder<unknown> = sql`
  active_session_locks s join vpn_connections c on c.id = s.vpn_connection_id`;

export function sessionIdOf({ connectionId, acquiredAt }: SessionRow): string {
  return `${connectionId}-${decodeTime(acquiredAt)}`;
}

/** @param nowMs - milliseconds since the Unix epoch */
export function sessionView(row: SessionRow, viewer: PanelViewer, nowMs: number): Session {
  const { connectionId, label, userName, gateway, framedIp, framedIpv6, nasIp, ifname } = row;
  return {
    id: sessionIdOf(row),
    connectionId: String(connectionId),
    label,
    userName,
    gateway,
    framedIp,
    framedIpv6,
    ...(viewer.role === 'admin' && { nasIp, ifname }),
    state: stateOf(row, nowMs),
    since: row.acquiredAt,
    expiresAt: row.expiresAt,
  };
}

/** The sessions that are held of `connectionIds`, by connection. */
export async function readSessionsOf(
  db: Truth['db'],
  connectionIds: readonly number[],
): Promise<ReadonlyMap<number, SessionRow>> {
  if (connectionIds.length === 0) return new Map();
  const { rows } = await sql<SessionRow>`
    select ${sessionColumns} from ${heldSessions}
    where s.vpn_connection_id in (${sql.join(connectionIds)}) and s.state = 'held'`.execute(db);
  return new Map(rows.map((row) => [row.connectionId, row]));
}

function stateOf({ confirmedAt, expiresAt }: SessionRow, nowMs: number): Session['state'] {
  if (decodeTime(expiresAt) <= nowMs) return 'expired';
  return confirmedAt === null ? 'pending' : 'live';
}
