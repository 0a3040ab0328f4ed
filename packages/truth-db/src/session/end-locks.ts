/**
 * Ends session locks: released, slot free, and remembered in `released_sessions`, by which a late event of an ended
 * session is recognised. For one lock or for many it is the same two statements.
 */
import { sql } from 'kysely';
import { chunksOf } from '../chunks.ts';
import { type Statement, statement } from '../statement-text.ts';
import type { TruthTransaction } from '../truth.ts';
import type { UtcTime } from '../utc-time.ts';
import { neverExpires, type StoredLock } from './session-lock.ts';

/**
 * @param locks - held ones, locked by this transaction together with their connections
 * @param reason - `user-request`, `expired`, `nas-reboot`, …; at most 64 characters
 */
export async function endLocks(
  trx: TruthTransaction,
  locks: readonly StoredLock[],
  { reason, at }: { readonly reason: string; readonly at: UtcTime },
): Promise<void> {
  for (const chunk of chunksOf(locks)) {
    const { release, remember } = statementsFor(chunk.length);
    await release(trx, [reason, neverExpires, ...chunk.map(({ id }) => id)]);
    const tombstones = chunk.flatMap((lock) => tombstoneOf(lock, reason, at));
    await remember(trx, tombstones);
  }
}

/** Both statements for each number of locks there was: one nearly always, up to a chunk for the janitor. */
const byCount = new Map<
  number,
  { readonly release: Statement<unknown>; readonly remember: Statement<unknown> }
>();

function statementsFor(count: number) {
  const known = byCount.get(count) ?? { release: releaseOf(count), remember: rememberOf(count) };
  byCount.set(count, known);
  return known;
}

function releaseOf(count: number): Statement<unknown> {
  const ids = Array<number>(count).fill(0);
  return statement(
    () => sql`
      update active_session_locks
      set state = 'released', release_reason = ${''}, shaping_slot = null, expires_at = ${''}
      where id in (${sql.join(ids)}) and state = 'held'`,
  );
}

function rememberOf(count: number): Statement<unknown> {
  const rows = Array.from({ length: count }, () => sql`(${sql.join(tombstoneColumns)})`);
  return statement(
    () => sql`
      insert into released_sessions (${sql.join(tombstoneColumns.map((column) => sql.ref(column)))})
      values ${sql.join(rows)}`,
  );
}

const tombstoneColumns = [
  'vpn_connection_id',
  'session_key',
  'gateway',
  'nas_ip',
  'acct_session_id',
  'holder_token',
  'acquired_at',
  'released_at',
  'release_reason',
] as const;

function tombstoneOf(lock: StoredLock, reason: string, releasedAt: UtcTime): readonly unknown[] {
  const row = { ...lock, released_at: releasedAt, release_reason: reason };
  return tombstoneColumns.map((column) => row[column]);
}
