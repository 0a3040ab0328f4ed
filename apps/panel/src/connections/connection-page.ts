/**
 * A page of connections with their sessions. The rows come through the cache; who is connected does not count a tag, and is read
 * for the page each time.
 */
import { connectionsOf, type PanelViewer } from '@holdfast/mutations';
import type { ConnectionItem, ConnectionPage, ConnectionValue } from '@holdfast/panel-client/schema';
import type { PanelParts } from '../app/panel-parts.ts';
import { type Page, readPage } from '../app/read-page.ts';
import { viewerKey } from '../app/viewer-key.ts';
import { readSessionsOf, sessionView } from '../sessions/session-row.ts';
import {
  type ConnectionListQuery,
  countConnections,
  type ListedConnection,
  listConnections,
} from './list-connections.ts';

type Reads = Pick<PanelParts, 'truth' | 'cache' | 'clock'>;

/** @throws InvalidInput - the cursor is none of this list */
export async function connectionPage(
  parts: Reads,
  viewer: PanelViewer,
  query: ConnectionListQuery,
): Promise<ConnectionPage> {
  const { db } = parts.truth;
  const { items, next, total } = await listed(parts, viewer, query);
  const ids = items.map(({ id }) => Number(id));
  const sessions = await readSessionsOf(db, ids);
  const nowMs = parts.clock.wallMs();
  const withSession = ({ value, ...item }: ListedConnection): ConnectionItem => {
    const session = sessions.get(Number(item.id));
    return {
      ...item,
      value: value as unknown as ConnectionValue,
      session: session === undefined ? null : sessionView(session, viewer, nowMs),
    };
  };
  return { items: items.map(withSession), next, total };
}

async function listed(
  { truth: { db }, cache }: Reads,
  viewer: PanelViewer,
  query: ConnectionListQuery,
): Promise<Page<ListedConnection>> {
  const page = () => listConnections(db, viewer, query);
  const total = () => countConnections(db, viewer, query);
  // Which of them are on the list depends on sessions then.
  if (query.online !== undefined) return { ...(await page()), total: await total() };
  return readPage(cache, {
    name: 'connections',
    view: viewerKey(viewer),
    tags: viewer.role === 'admin' ? ['vpn_connection', 'customer'] : [connectionsOf(viewer.customerId)],
    query,
    page,
    total,
  });
}
