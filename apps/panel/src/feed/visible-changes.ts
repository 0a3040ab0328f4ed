/**
 * Which changes a customer hears of: those of connections that are theirs now, by the projection that every other answer goes
 * through. What they have lost in the same moment is not told them any more.
 */
import { type PanelViewer, type VpnConnectionValue, vpnConnectionKind } from '@holdfast/mutations';
import type { Truth } from '@holdfast/truth-db';
import type { LoggedMutation } from './log-cursor.ts';

const kind = vpnConnectionKind({ ownerMay: [] });
/** Connections of one question. */
const askedAtOnce = 500;

export type Visibility = (change: LoggedMutation, viewer: PanelViewer) => boolean;

/** @param isForCustomers - false when nobody is there for whom the owners would have to be looked up */
export async function visibilityOf(
  db: Truth['db'],
  changes: readonly LoggedMutation[],
  isForCustomers: boolean,
): Promise<Visibility> {
  const values = new Map<string, VpnConnectionValue>();
  const ids = changes.filter((change) => change.kind === kind.name).map(({ id }) => Number(id));
  for (let from = 0; isForCustomers && from < ids.length; from += askedAtOnce) {
    const rows = await db
      .selectFrom('vpn_connections')
      .selectAll()
      .where('id', 'in', ids.slice(from, from + askedAtOnce))
      .execute();
    for (const row of rows) values.set(String(row.id), row);
  }
  return (change, viewer) => {
    if (viewer.role === 'admin') return true;
    const value = change.kind === kind.name ? values.get(change.id) : undefined;
    return value !== undefined && kind.project(value, viewer) !== undefined;
  };
}
