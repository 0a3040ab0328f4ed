/**
 * The one statement that gives a session lock away. It inserts the row of the connection, or, where UNIQUE(vpn_connection_id)
 * says that there is one, takes it if it is released, renews it for the same device that waits for its start, and else
 * leaves it as it is. Who has it then is read back and never inferred from a count of rows: drivers report rows they found.
 *
 * MySQL assigns from left to right and later assignments see what earlier ones wrote; SQLite shows them the old row. The
 * order below is right for both: what the conditions look at is written after everything that asks them, `state` last.
 */
import { type RawBuilder, sql } from 'kysely';
import type { EngineSql } from '../engine-sql.ts';
import { statement } from '../statement-text.ts';
import type { TruthTransaction } from '../truth.ts';
import { lockColumns, lockSession, type StoredLock } from './session-lock.ts';

/** A lock as it is proposed: held, without a slot; `acquired_at` is the present moment. */
export type ProposedLock = Omit<
  StoredLock,
  'id' | 'state' | 'release_reason' | 'shaping_slot' | 'nas_applied'
> & {
  readonly holder_token: string;
};

export interface TakeLock {
  readonly proposed: ProposedLock;
  /** Whether the same device that has not reported its start yet keeps the lock it has, with the new request. */
  readonly mayRejoin: boolean;
}

/**
 * Takes the lock where it is free.
 *
 * @returns the row as it is now, locked until the end of the transaction; its `holder_token` is the proposed one exactly
 *   when it was taken
 * @throws HoldfastError TRUTH_INVALID - truth has no such connection or gateway (`details.constraint` is `foreign-key`)
 */
export async function takeLock(
  trx: TruthTransaction,
  { proposed, mayRejoin }: TakeLock,
): Promise<StoredLock> {
  const row = { ...proposed, ...unused };
  const values = lockColumns.map((column) => row[column]);
  await (mayRejoin ? takeOrRejoin : takeFree)(trx, values);
  const stored = await lockSession(trx, proposed.vpn_connection_id);
  if (stored === undefined) throw new Error('a row that was just inserted or found is not there');
  return stored;
}

/** What a lock that was just taken says beside what is proposed. */
const unused = { state: 'held', release_reason: null, shaping_slot: null, nas_applied: null } as const;

/** Columns that no condition looks at. */
const described = [
  'nas_ip',
  'ifname',
  'framed_ip',
  'framed_ipv6',
  'acct_session_id',
  'holder_token',
  'nas_applied',
  'shaping_slot',
  'release_reason',
] as const;

const isFree = sql`${old('state')} = 'released'`;

const takeFree = statement((engine) => insertLock(engine, isFree));

const takeOrRejoin = statement((engine) => {
  const isRejoined = sql`(${old('state')} = 'held' and ${old('expires_at')} > ${engine.proposed('acquired_at')}
    and ${old('confirmed_at')} is null and ${same(engine, 'session_key')} and ${same(engine, 'gateway')})`;
  return insertLock(engine, sql`(${isFree} or ${isRejoined})`);
});

function insertLock(engine: EngineSql, isOurs: RawBuilder<unknown>): RawBuilder<unknown> {
  const set = (column: string, when: RawBuilder<unknown>) =>
    sql`${sql.ref(column)} = case when ${when} then ${engine.proposed(column)} else ${old(column)} end`;
  const assignments = [
    ...described.map((column) => set(column, isFree)),
    ...['request_vector', 'acquired_at', 'expires_at'].map((column) => set(column, isOurs)),
    ...['confirmed_at', 'session_key', 'gateway'].map((column) => set(column, isFree)),
    sql`state = 'held'`,
  ];
  return sql`
    insert into active_session_locks (${sql.join(lockColumns.map((column) => sql.ref(column)))})
    values (${sql.join(lockColumns)})
    ${engine.onDuplicate('vpn_connection_id')} ${sql.join(assignments)} ${engine.unchangedUnless(isOurs)}`;
}

function old(column: string): RawBuilder<unknown> {
  return sql.ref(`active_session_locks.${column}`);
}

function same(engine: EngineSql, column: string): RawBuilder<unknown> {
  return sql`${old(column)} = ${engine.proposed(column)}`;
}
