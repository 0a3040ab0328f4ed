/**
 * Ends session locks: released, slot free, and remembered in `released_sessions`, by which a late event of an ended
 * session is recognised. For one lock or for many it is the same two statements.
 */
import { type RawBuilder, sql } from 'kysely';
import { chunksOf } from '../chunks.ts';
import { isOneOf, listStatement } from '../list-statement.ts';
import { disconnectedMark } from '../nas/disconnected-mark.ts';
import { type Statement, statement } from '../statement-text.ts';
import type { NasDisconnect } from '../tables.ts';
import { holdCounters } from '../trigger.ts';
import type { TruthTransaction } from '../truth.ts';
import type { UtcTime } from '../utc-time.ts';
import { isFollowed, neverExpires, type StoredLock } from './session-lock.ts';

export interface EndLocks {
  /** `user-request`, `expired`, `nas-reboot`, …; at most 64 characters. */
  readonly reason: string;
  readonly at: UtcTime;
  /** The NAS did not end it and may still carry it: it is to be disconnected there. Default false. */
  readonly mayLiveAtNas?: boolean;
}

/** One of several that end for different reasons, or at different moments. */
export interface EndedLock extends EndLocks {
  readonly lock: StoredLock;
}

/** @param locks - held ones, locked by this transaction together with their connections */
export async function endLocks(
  trx: TruthTransaction,
  locks: readonly StoredLock[],
  end: EndLocks,
): Promise<void> {
  await endEach(
    trx,
    locks.map((lock) => ({ ...end, lock })),
  );
}

/**
 * The same for each by itself; those with one reason are released together.
 *
 * Who gives a slot back has the counter of its gateway, as who takes one: for a moment each of them also locks the places
 * beside its own in the index of slots.
 */
export async function endEach(trx: TruthTransaction, ended: readonly EndedLock[]): Promise<void> {
  const followed = ended.map(({ lock }) => lock).filter(isFollowed);
  await holdCounters(
    trx,
    followed.map(({ gateway }) => gateway),
  );
  for (const [reason, some] of Map.groupBy(ended, (one) => one.reason)) {
    await release(
      trx,
      some.map(({ lock }) => [lock.id]),
      [reason, neverExpires],
    );
  }
  for (const chunk of chunksOf(ended)) await rememberOf(chunk.length)(trx, chunk.flatMap(tombstoneOf));
}

const release = listStatement(
  (_engine, length) => sql`
    update active_session_locks
    set state = 'released', release_reason = ${''}, shaping_slot = null, expires_at = ${''}
    where ${isOneOf('id', length)} and state = 'held'`,
);

/** A statement for each number of rows there was, which cannot be filled up: one nearly always. */
const byCount = new Map<number, Statement<unknown>>();

function rememberOf(count: number): Statement<unknown> {
  const known = byCount.get(count) ?? statement(() => insertTombstones(count));
  byCount.set(count, known);
  return known;
}

function insertTombstones(count: number): RawBuilder<unknown> {
  const rows = Array.from({ length: count }, () => sql`(${sql.join(tombstoneColumns)})`);
  return sql`
    insert into released_sessions (${sql.join(tombstoneColumns.map((column) => sql.ref(column)))})
    values ${sql.join(rows)}`;
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

function tombstoneOf({ lock, at, reason, mayLiveAtNas = false }: EndedLock): readonly unknown[] {
  const nas_disconnect = mayLiveAtNas ? disconnectOf(lock) : null;
  const row = { ...lock, released_at: at, release_reason: reason, nas_disconnect };
  return tombstoneColumns.map((column) => row[column]);
}

/** Who was admitted by other means than RADIUS has no NAS that could be asked. */
function disconnectOf({ gateway, nas_ip, nas_applied }: StoredLock): NasDisconnect | null {
  if (gateway === null || nas_ip === null) return null;
  return nas_applied === disconnectedMark ? 'acked' : 'due';
}
