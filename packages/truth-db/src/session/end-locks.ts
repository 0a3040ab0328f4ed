/**
 * Ends session locks: released, slot free, and remembered in `released_sessions`, by which a late event of an ended
 * session is recognised. For one lock or for many it is the same two statements.
 */
import { sql } from 'kysely';
import { chunksOf } from '../chunks.ts';
import { disconnectedMark } from '../nas/disconnected-mark.ts';
import { type Statement, statement } from '../statement-text.ts';
import type { NasDisconnect } from '../tables.ts';
import type { TruthTransaction } from '../truth.ts';
import type { UtcTime } from '../utc-time.ts';
import { neverExpires, type StoredLock } from './session-lock.ts';

export interface EndLocks {
  /** `user-request`, `expired`, `nas-reboot`, …; at most 64 characters. */
  readonly reason: string;
  readonly at: UtcTime;
  /** The NAS did not end it and may still carry it: it is to be disconnected there. Default false. */
  readonly mayLiveAtNas?: boolean;
}

/** @param locks - held ones, locked by this transaction together with their connections */
export async function endLocks(
  trx: TruthTransaction,
  locks: readonly StoredLock[],
  end: EndLocks,
): Promise<void> {
  const { reason } = end;
  for (const chunk of chunksOf(locks)) {
    const { release, remember } = statementsFor(chunk.length);
    await release(trx, [reason, neverExpires, ...chunk.map(({ id }) => id)]);
    const tombstones = chunk.flatMap((lock) => tombstoneOf(lock, end));
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
  'framed_ip',
  'acct_session_id',
  'holder_token',
  'acquired_at',
  'released_at',
  'release_reason',
  'nas_disconnect',
] as const;

function tombstoneOf(lock: StoredLock, end: EndLocks): readonly unknown[] {
  const nas_disconnect = end.mayLiveAtNas === true ? disconnectOf(lock) : null;
  const row = { ...lock, released_at: end.at, release_reason: end.reason, nas_disconnect };
  return tombstoneColumns.map((column) => row[column]);
}

/** Who was admitted by other means than RADIUS has no NAS that could be asked. */
function disconnectOf({ gateway, nas_ip, nas_applied }: StoredLock): NasDisconnect | null {
  if (gateway === null || nas_ip === null) return null;
  return nas_applied === disconnectedMark ? 'acked' : 'due';
}
