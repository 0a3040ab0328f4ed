/**
 * The one statement that gives session locks away. It inserts the row of a connection, or, where UNIQUE(vpn_connection_id)
 * says that there is one, takes it if it is released, renews it for the same device that waits for its start, and else
 * leaves it as it is. Who has it then is read back and never inferred from a count of rows: drivers report rows they found.
 *
 * MySQL assigns from left to right and later assignments see what earlier ones wrote; SQLite shows them the old row. The
 * order below is right for both: what the conditions look at is written after everything that asks them, `state` last.
 */
import { type RawBuilder, sql } from 'kysely';
import type { EngineSql } from '../engine-sql.ts';
import { type ListPart, type ListStatements, listStatements } from '../list-statements.ts';
import type { TruthTransaction } from '../truth.ts';
import { lockColumns, type StoredLock, selectLocks } from './session-lock.ts';

/** A lock as it is proposed: held, without a slot; `acquired_at` is the present moment. */
export type ProposedLock = Omit<
  StoredLock,
  'id' | 'state' | 'release_reason' | 'shaping_slot' | 'nas_applied'
> & {
  readonly holder_token: string;
  /** What the NAS will have been told with its answer; null by default. */
  readonly nas_applied?: string | null;
};

/**
 * Takes the lock where it is free.
 *
 * @returns the row as it is now, locked until the end of the transaction; its `holder_token` is the proposed one exactly
 *   when it was taken
 * @throws HoldfastError TRUTH_INVALID - truth has no such connection or gateway (`details.constraint` is `foreign-key`)
 */
export async function takeLock(trx: TruthTransaction, proposed: ProposedLock): Promise<StoredLock> {
  const locks = await takeBy(takeFree, trx, [proposed]);
  const stored = locks.get(proposed.vpn_connection_id);
  if (stored === undefined) throw new Error('a row that was just inserted or found is not there');
  return stored;
}

/**
 * The same for several, and the same device that has not reported its start yet keeps the lock it has, with the new
 * request.
 *
 * @param proposed - of different connections, in the order of their ids: an engine may lock what lies between two rows,
 *   and whoever takes them in one order waits for nobody who waits
 * @returns the rows by connection
 * @throws HoldfastError TRUTH_INVALID - as `takeLock`; none was taken
 */
export async function takeLocks(
  trx: TruthTransaction,
  proposed: readonly ProposedLock[],
): Promise<ReadonlyMap<number, StoredLock>> {
  return takeBy(takeOrRejoin, trx, proposed);
}

/**
 * Writes the last request, and its times, of sessions that wait for their start.
 *
 * @param renewed - as they are to be, locked by this transaction, in the order of their connections
 */
export async function renewLocks(trx: TruthTransaction, renewed: readonly StoredLock[]): Promise<void> {
  const stored = await write(renewOwn, trx, renewed);
  for (const lock of renewed) {
    const { holder_token, request_vector } = stored.get(lock.vpn_connection_id) ?? {};
    if (holder_token !== lock.holder_token || request_vector !== lock.request_vector)
      throw new Error('a session that this transaction has locked was not renewed');
  }
}

async function takeBy(
  taking: Writing,
  trx: TruthTransaction,
  proposed: readonly ProposedLock[],
): Promise<ReadonlyMap<number, StoredLock>> {
  const rows = proposed.map((one) => ({ nas_applied: null, ...one, ...unused }));
  return write(taking, trx, rows);
}

type Row = Omit<StoredLock, 'id'>;
type Writing = ListStatements<Row, StoredLock>;

/** @returns what is stored then, by connection */
async function write(
  writing: Writing,
  trx: TruthTransaction,
  rows: readonly Row[],
): Promise<ReadonlyMap<number, StoredLock>> {
  const stored = await writing(trx, rows);
  return new Map(stored.map((lock) => [lock.vpn_connection_id, lock]));
}

/** Writes rows, and reads what is stored then. */
function writing(build: ListPart<Row>['build']): Writing {
  return listStatements(
    { build, parametersOf: (row) => lockColumns.map((column) => row[column]) },
    { build: selectLocks, parametersOf: (row) => [row.vpn_connection_id] },
  );
}

/** What a lock that was just taken says beside what is proposed. */
const unused = { state: 'held', release_reason: null, shaping_slot: null } as const;

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

const takeFree = writing((engine, length) => insertLocks(engine, length, taking(engine, isFree)));

/** A row that comes twice in it changes nothing the second time. */
const takeOrRejoin = writing((engine, length) => {
  const isRejoined = sql`(${old('state')} = 'held' and ${old('expires_at')} > ${engine.proposed('acquired_at')}
    and ${old('confirmed_at')} is null and ${same(engine, 'session_key')} and ${same(engine, 'gateway')})`;
  return insertLocks(engine, length, taking(engine, sql`(${isFree} or ${isRejoined})`));
});

const renewOwn = writing((engine, length) => {
  const isOurs = sql`(${old('state')} = 'held' and ${same(engine, 'holder_token')})`;
  const assignments = renewing.map((column) => assign(engine, column, isOurs));
  return insertLocks(engine, length, { isOurs, assignments });
});

const renewing = ['request_vector', 'acquired_at', 'expires_at'] as const;

interface OnDuplicate {
  /** Which of the rows that are there are changed at all. */
  readonly isOurs: RawBuilder<unknown>;
  readonly assignments: readonly RawBuilder<unknown>[];
}

function taking(engine: EngineSql, isOurs: RawBuilder<unknown>): OnDuplicate {
  return {
    isOurs,
    assignments: [
      ...described.map((column) => assign(engine, column, isFree)),
      ...renewing.map((column) => assign(engine, column, isOurs)),
      ...['confirmed_at', 'session_key', 'gateway'].map((column) => assign(engine, column, isFree)),
      sql`state = 'held'`,
    ],
  };
}

function insertLocks(
  engine: EngineSql,
  length: number,
  { isOurs, assignments }: OnDuplicate,
): RawBuilder<unknown> {
  return sql`
    insert into active_session_locks (${sql.join(lockColumns.map((column) => sql.ref(column)))})
    values ${sql.join(Array.from({ length }, () => sql`(${sql.join(lockColumns)})`))}
    ${engine.onDuplicate('vpn_connection_id')} ${sql.join(assignments)} ${engine.unchangedUnless(isOurs)}`;
}

function assign(engine: EngineSql, column: string, when: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`${sql.ref(column)} = case when ${when} then ${engine.proposed(column)} else ${old(column)} end`;
}

function old(column: string): RawBuilder<unknown> {
  return sql.ref(`active_session_locks.${column}`);
}

function same(engine: EngineSql, column: string): RawBuilder<unknown> {
  return sql`${old(column)} = ${engine.proposed(column)}`;
}
