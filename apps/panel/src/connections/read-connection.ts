/** A connection as a form needs it: its row as it is now, the session it has, and for admins whose it is. Never from a cache. */

import type { Clock } from '@holdfast/base';
import { type PanelViewer, readResource } from '@holdfast/mutations';
import type { Connection, ConnectionValue } from '@holdfast/panel-client/schema';
import type { Truth } from '@holdfast/truth-db';
import { connections } from '../app/panel-kinds.ts';
import { readSessionsOf, sessionView } from '../sessions/session-row.ts';

/** @returns undefined when there is none, or none that this viewer may see */
export async function readConnection(
  { truth: { db }, clock }: { readonly truth: Truth; readonly clock: Clock },
  id: string,
  viewer: PanelViewer,
): Promise<Connection | undefined> {
  const resource = await readResource(db, connections, id, viewer);
  if (resource === undefined) return undefined;
  // The kind has the fields that the schema names; that they agree is checked with every answer of the tests.
  const value = resource.value as unknown as ConnectionValue;
  const session = (await readSessionsOf(db, [Number(id)])).get(Number(id));
  return {
    ...resource,
    value,
    ...(viewer.role === 'admin' && { customer: await emailOf(db, value.customer_id ?? null) }),
    session: session === undefined ? null : sessionView(session, viewer, clock.wallMs()),
  };
}

async function emailOf(db: Truth['db'], customerId: number | null): Promise<string | null> {
  if (customerId === null) return null;
  const row = await db
    .selectFrom('customers')
    .select('email')
    .where('id', '=', customerId)
    .executeTakeFirst();
  return row?.email ?? null;
}
