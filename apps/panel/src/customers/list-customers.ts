/** A page of customers, for admins, with how many connections each has. */
import { type PanelViewer, rowId, viewOf } from '@holdfast/mutations';
import type { CustomerItem, CustomerValue, customerQuerySchema } from '@holdfast/panel-client/schema';
import type { Truth, UtcTime } from '@holdfast/truth-db';
import type { z } from '@hono/zod-openapi';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { allOf, countMost } from '../app/count-most.ts';
import { anyOf, contains } from '../app/like-pattern.ts';
import { decodeCursor, encodeCursor } from '../app/page-cursor.ts';
import { customers } from '../app/panel-kinds.ts';

export type CustomerListQuery = z.output<typeof customerQuerySchema>;

export interface ListedCustomers {
  readonly items: readonly CustomerItem[];
  readonly next: string | null;
}

interface Row {
  readonly id: number;
  readonly email: string;
  readonly status: CustomerValue['status'];
  readonly created_at: UtcTime;
  readonly password_hash: string;
  readonly version: number;
  readonly connections: number;
}

const admin: PanelViewer = { role: 'admin' };

/** @throws InvalidInput - the cursor is none of this list */
export async function listCustomers(db: Truth['db'], query: CustomerListQuery): Promise<ListedCustomers> {
  const { limit, sort } = query;
  const { rows } = await sql<Row>`
    select u.id, u.email, u.status, u.created_at, u.password_hash, u.version,
           (select count(*) from vpn_connections c where c.customer_id = u.id) as "connections"
    from customers u where ${allOf([...filterOf(db, query), ...behind(query)])}
    order by ${orderOf(sort)} limit ${limit + 1}`.execute(db);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(itemOf),
    next: rows.length > limit && last !== undefined ? cursorOf(last, sort) : null,
  };
}

export async function countCustomers(db: Truth['db'], query: CustomerListQuery): Promise<number> {
  return countMost(db, sql`customers u`, allOf(filterOf(db, query)));
}

function itemOf({ version, connections, ...value }: Row): CustomerItem {
  const view = viewOf(customers, value, admin) as unknown as CustomerValue;
  return { id: String(value.id), version, value: view, connections: Number(connections) };
}

function filterOf(db: Truth['db'], { search, status }: CustomerListQuery): readonly RawBuilder<SqlBool>[] {
  const id = search === undefined ? undefined : rowId(search);
  const named = id === undefined ? [] : [sql<SqlBool>`u.id = ${id}`];
  return [
    ...(status === undefined ? [] : [sql<SqlBool>`u.status = ${status}`]),
    ...(search === undefined || search === '' ? [] : [anyOf([...named, contains(db, 'u.email', search)])]),
  ];
}

function orderOf(sort: CustomerListQuery['sort']): RawBuilder<unknown> {
  // Addresses are unique.
  const orders = { id: sql`u.id`, '-id': sql`u.id desc`, email: sql`u.email`, '-email': sql`u.email desc` };
  return orders[sort];
}

function cursorOf({ id, email }: Row, sort: CustomerListQuery['sort']): string {
  return encodeCursor(sort, [sort.endsWith('email') ? email : id]);
}

function behind({ cursor, sort }: CustomerListQuery): readonly RawBuilder<SqlBool>[] {
  if (cursor === undefined) return [];
  const beyond = sql.raw(sort.startsWith('-') ? '<' : '>');
  if (sort.endsWith('email')) {
    const [email] = decodeCursor(cursor, sort, ['']);
    return [sql`u.email ${beyond} ${email}`];
  }
  const [id] = decodeCursor(cursor, sort, [0]);
  return [sql`u.id ${beyond} ${id}`];
}
