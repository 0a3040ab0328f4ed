/** A page of the sessions that are held, in the order of their connections. Never cached: they come and go by themselves. */
import type { PanelViewer } from '@holdfast/mutations';
import type { SessionPage, sessionQuerySchema } from '@holdfast/panel-client/schema';
import type { Truth } from '@holdfast/truth-db';
import type { z } from '@hono/zod-openapi';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { allOf, countMost } from '../app/count-most.ts';
import { anyOf, contains } from '../app/like-pattern.ts';
import { decodeCursor, encodeCursor } from '../app/page-cursor.ts';
import { heldSessions, type SessionRow, sessionColumns, sessionView } from './session-row.ts';

export type SessionListQuery = z.output<typeof sessionQuerySchema>;

const sort = 'connection';

/**
 * @param nowMs - milliseconds since the Unix epoch
 * @throws InvalidInput - the cursor is none of this list
 */
export async function sessionPage(
  db: Truth['db'],
  viewer: PanelViewer,
  query: SessionListQuery,
  nowMs: number,
): Promise<SessionPage> {
  const { cursor, limit } = query;
  const filter = filterOf(db, viewer, query);
  // Every session has its connection; who asks for nothing of that need not look it up to count.
  const isOfLocks = viewer.role === 'admin' && (query.search ?? '') === '';
  const behind = cursor === undefined ? [] : [behindOf(cursor)];
  const { rows } = await sql<SessionRow>`
    select ${sessionColumns} from ${heldSessions}
    where ${allOf([...filter, ...behind])} order by s.vpn_connection_id limit ${limit + 1}`.execute(db);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map((row) => sessionView(row, viewer, nowMs)),
    next: rows.length > limit && last !== undefined ? encodeCursor(sort, [last.connectionId]) : null,
    total: await countMost(db, isOfLocks ? sql`active_session_locks s` : heldSessions, allOf(filter)),
  };
}

function filterOf(
  db: Truth['db'],
  viewer: PanelViewer,
  { gateway, search }: SessionListQuery,
): readonly RawBuilder<SqlBool>[] {
  const columns = ['c.label', 'c.radius_username', 's.framed_ip', 's.framed_ipv6'];
  return [
    sql<SqlBool>`s.state = 'held'`,
    ...(viewer.role === 'customer' ? [sql<SqlBool>`c.customer_id = ${viewer.customerId}`] : []),
    ...(gateway === undefined ? [] : [sql<SqlBool>`s.gateway = ${gateway}`]),
    ...(search === undefined || search === ''
      ? []
      : [anyOf(columns.map((column) => contains(db, column, search)))]),
  ];
}

function behindOf(cursor: string): RawBuilder<SqlBool> {
  const [id] = decodeCursor(cursor, sort, [0]);
  return sql`s.vpn_connection_id > ${id}`;
}
