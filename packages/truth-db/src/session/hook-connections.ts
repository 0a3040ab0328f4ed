/** The connections that a batch of hook events is about. */
import { sql } from 'kysely';
import { chunksOf } from '../chunks.ts';
import { engineSql } from '../engine-sql.ts';
import type { TruthTransaction } from '../truth.ts';
import { lockConnections } from './session-lock.ts';

/**
 * Finds connections by the name that their clients log in with, and locks them with their sessions, in one order: whoever
 * has several events for one transaction takes all locks before the first counter of triggers.
 *
 * @returns ids by user name; a name that is missing is nobody's
 */
export async function lockConnectionsOfUsers(
  trx: TruthTransaction,
  users: Iterable<string>,
): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  for (const names of chunksOf([...new Set(users)])) {
    const rows = await trx
      .selectFrom('vpn_connections')
      .select(['id', 'radius_username'])
      .where('radius_username', 'in', names)
      .execute();
    for (const { id, radius_username } of rows) if (radius_username !== null) ids.set(radius_username, id);
  }
  for (const some of chunksOf([...ids.values()].toSorted((one, other) => one - other))) {
    await lockConnections(trx, some);
    await lockSessions(trx, some);
  }
  return ids;
}

async function lockSessions(trx: TruthTransaction, vpnConnectionIds: readonly number[]): Promise<void> {
  const { hasRowLocks, forUpdate } = engineSql(trx);
  if (!hasRowLocks) return;
  await sql`
    select id from active_session_locks where vpn_connection_id in (${sql.join(vpnConnectionIds)})
    order by id ${forUpdate}`.execute(trx);
}
