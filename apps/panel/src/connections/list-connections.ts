/**
 * A page of connections, as they stand in their rows: without sessions, which come and go without counting a tag and are read
 * beside it. Searching looks at what the viewer may see, and at nothing else.
 */
import {
  type JsonObject,
  type PanelViewer,
  rowId,
  type VpnConnectionValue,
  viewOf,
} from '@holdfast/mutations';
import type { connectionQuerySchema } from '@holdfast/panel-client/schema';
import { engineSql, sqlBoolean, type Truth } from '@holdfast/truth-db';
import type { z } from '@hono/zod-openapi';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { allOf, countMost } from '../app/count-most.ts';
import { anyOf, contains } from '../app/like-pattern.ts';
import { decodeCursor, encodeCursor } from '../app/page-cursor.ts';
import { connections } from '../app/panel-kinds.ts';

export type ConnectionListQuery = z.output<typeof connectionQuerySchema>;

/** An item of the list before its session is added. */
export interface ListedConnection {
  readonly id: string;
  readonly version: number;
  readonly value: JsonObject;
  /** For admins: e-mail address of its customer. */
  readonly customer?: string | null;
}

export interface ListedConnections {
  readonly items: readonly ListedConnection[];
  readonly next: string | null;
}

type Row = VpnConnectionValue & {
  readonly id: number;
  readonly version: number;
  readonly email: string | null;
  readonly sortKey: string;
};

type Database = Truth['db'];

const columns = sql.join(
  ['id', 'version', ...Object.keys(connections.fields)].map((column) => sql.ref(`c.${column}`)),
);

/** @throws InvalidInput - the cursor is none of this list */
export async function listConnections(
  db: Database,
  viewer: PanelViewer,
  query: ConnectionListQuery,
): Promise<ListedConnections> {
  const { limit, sort } = query;
  const key = labelKey(db);
  const conditions = [...filterOf(db, viewer, query), ...behind(key, query)];
  const { rows } = await sql<Row>`
    select ${columns}, u.email as "email", ${key} as "sortKey"
    from vpn_connections c left join customers u on u.id = c.customer_id
    where ${allOf(conditions)}
    order by ${orderOf(key, sort)} limit ${limit + 1}`.execute(db);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.flatMap((row) => itemOf(row, viewer)),
    next: rows.length > limit && last !== undefined ? cursorOf(last, sort) : null,
  };
}

export async function countConnections(
  db: Database,
  viewer: PanelViewer,
  query: ConnectionListQuery,
): Promise<number> {
  return countMost(db, sql`vpn_connections c`, allOf(filterOf(db, viewer, query)));
}

function itemOf(row: Row, viewer: PanelViewer): readonly ListedConnection[] {
  const value = viewOf(connections, row, viewer);
  if (value === undefined) return [];
  // The kind describes no `id` and no `version`, so the view has none.
  const item = { id: String(row.id), version: row.version, value };
  return [viewer.role === 'admin' ? { ...item, customer: row.email } : item];
}

/** A connection without a label comes before all others. */
function labelKey(db: Database): RawBuilder<string> {
  return engineSql(db).caseless(sql`coalesce(c.label, '')`);
}

function filterOf(
  db: Database,
  viewer: PanelViewer,
  { search, status, restricted, online, customer }: ConnectionListQuery,
): readonly RawBuilder<SqlBool>[] {
  const filters: readonly (RawBuilder<SqlBool> | undefined)[] = [
    viewer.role === 'customer' ? sql`c.customer_id = ${viewer.customerId}` : undefined,
    status && sql`c.status = ${status}`,
    restricted && sql`c.restricted_effective = ${sqlBoolean(restricted === 'true')}`,
    online && (online === 'true' ? hasSession : sql`not ${hasSession}`),
    customer === undefined ? undefined : sql`c.customer_id = ${rowId(customer) ?? 0}`,
    search === undefined || search === '' ? undefined : matches(db, viewer, search),
  ];
  return filters.filter((filter) => filter !== undefined);
}

const hasSession = sql<SqlBool>`exists (
  select 1 from active_session_locks s where s.vpn_connection_id = c.id and s.state = 'held')`;

function matches(db: Database, viewer: PanelViewer, search: string): RawBuilder<SqlBool> {
  const id = rowId(search);
  const seen = ['c.label', 'c.radius_username', 'c.static_ip'].map((column) => contains(db, column, search));
  const named = id === undefined ? [] : [sql<SqlBool>`c.id = ${id}`];
  // Asked once, and not once for each connection.
  const owners = sql<SqlBool>`
    c.customer_id in (select o.id from customers o where ${contains(db, 'o.email', search)})`;
  return anyOf([...named, ...seen, ...(viewer.role === 'admin' ? [owners] : [])]);
}

function orderOf(key: RawBuilder<string>, sort: ConnectionListQuery['sort']): RawBuilder<unknown> {
  const orders = {
    id: sql`c.id`,
    '-id': sql`c.id desc`,
    label: sql`${key}, c.id`,
    '-label': sql`${key} desc, c.id desc`,
  };
  return orders[sort];
}

function cursorOf({ id, sortKey }: Row, sort: ConnectionListQuery['sort']): string {
  return encodeCursor(sort, sort.endsWith('label') ? [sortKey, id] : [id]);
}

function behind(
  key: RawBuilder<string>,
  { cursor, sort }: ConnectionListQuery,
): readonly RawBuilder<SqlBool>[] {
  if (cursor === undefined) return [];
  const beyond = sql.raw(sort.startsWith('-') ? '<' : '>');
  if (!sort.endsWith('label')) {
    const [id] = decodeCursor(cursor, sort, [0]);
    return [sql`c.id ${beyond} ${id}`];
  }
  const [label, id] = decodeCursor(cursor, sort, ['', 0]);
  return [sql`(${key} ${beyond} ${label} or (${key} = ${label} and c.id ${beyond} ${id}))`];
}
