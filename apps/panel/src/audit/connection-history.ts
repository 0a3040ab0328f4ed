/**
 * What has happened to a connection, its sessions that somebody ended among it. A customer reads it as far as they see the
 * connection: changes of what is not shown to them are not in it, unless they made them.
 */
import type { AuditEntry, AuditPage } from '@holdfast/panel-client/schema';
import type { Truth } from '@holdfast/truth-db';
import { sql } from 'kysely';
import type { Identity } from '../app/panel-env.ts';
import { readLog } from './read-log.ts';

export interface HistoryQuery {
  readonly connectionId: string;
  readonly cursor: string | undefined;
  readonly limit: number;
}

/**
 * @param visible - names of the fields that the reader sees of the connection as it is
 * @throws InvalidInput - the cursor is none of the log
 */
export async function readHistory(
  db: Truth['db'],
  { connectionId, cursor, limit }: HistoryQuery,
  { viewer, principal }: Pick<Identity, 'viewer' | 'principal'>,
  visible: ReadonlySet<string>,
): Promise<AuditPage> {
  // Ids of its sessions begin with its own and a hyphen, and a full stop is the sign behind that.
  const ofIt = sql<boolean>`(
    (kind = 'vpn_connection' and resource_id = ${connectionId})
    or (kind = 'session' and resource_id > ${`${connectionId}-`} and resource_id < ${`${connectionId}.`}))`;
  const page = await readLog(db, { conditions: [ofIt], cursor, limit });
  if (viewer.role === 'admin') return page;
  const items = page.items
    .map((entry) => (entry.kind === 'session' ? entry : onlyOf(entry, visible)))
    .filter(({ paths, by }) => paths.length > 0 || by.id === principal);
  return { ...page, items };
}

function onlyOf(entry: AuditEntry, visible: ReadonlySet<string>): AuditEntry {
  const previous = Object.entries(entry.previous ?? {}).filter(([name]) => visible.has(name));
  return {
    ...entry,
    paths: entry.paths.filter((name) => visible.has(name)),
    previous: entry.previous === null ? null : Object.fromEntries(previous),
  };
}
