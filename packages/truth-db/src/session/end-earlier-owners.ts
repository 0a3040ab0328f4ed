/**
 * What a gateway gives to a client is not that of an earlier one any more: an address, and the device of a session where
 * each has one of its own. The end of the earlier session was lost. The report that tells the address or the device for
 * the new session proves it, so the old one ends with it, in the same transaction; with two held sessions of one address
 * nothing at all could be applied to the gateway.
 *
 * Who tells something new takes the counter of the gateway's triggers and keeps it until the commit, so two who tell the
 * same come after each other. The session that has to end is known only then, against the order of row locks: it is
 * locked without waiting, and a transaction that would have to wait is run again from its start.
 */
import { type RawBuilder, sql } from 'kysely';
import { type EngineSql, engineSql } from '../engine-sql.ts';
import { isOneOf, listStatement } from '../list-statement.ts';
import { type Statement, statement } from '../statement-text.ts';
import { holdCounters, type Trigger } from '../trigger.ts';
import type { TruthTransaction } from '../truth.ts';
import { encodeTime, type Moment } from '../utc-time.ts';
import { endEach } from './end-locks.ts';
import { isFollowed, lockColumns, type StoredLock } from './session-lock.ts';

/** What one session at a time has on a gateway. */
export type OwnColumns = Pick<StoredLock, 'framed_ip' | 'framed_ipv6' | 'ifname'>;

export const ownColumns = ['framed_ip', 'framed_ipv6', 'ifname'] as const;
type OwnColumn = (typeof ownColumns)[number];

/** What is known of a session that has it, to tell whether that is newer than a report. */
export type Owner = Pick<
  StoredLock,
  'id' | 'vpn_connection_id' | 'acquired_at' | 'confirmed_at' | 'acct_session_id'
>;

export interface OwnReport {
  readonly gateway: string;
  /** Whose session is told to have it. */
  readonly vpnConnectionId: number;
  /** What is new for that session; null for what is not. */
  readonly news: OwnColumns;
  /** Whether the owner was told it after this report. */
  readonly isOlderThan: (owner: Owner) => boolean;
  readonly at: Moment;
}

/**
 * Ends the other sessions of the gateway that have something of it. A device counts on a gateway whose sessions have one
 * each; where they share it, it is nobody's own.
 *
 * @returns the triggers to record, for those that a gateway follows; `late` when one of them was told after this report:
 *   then nothing was changed
 */
export async function endEarlierOwners(
  trx: TruthTransaction,
  report: OwnReport,
): Promise<readonly Trigger[] | 'late'> {
  const { gateway, news, at } = report;
  const told = ownColumns.filter((column) => news[column] !== null);
  if (told.length === 0) return [];
  await holdCounters(trx, [gateway]);
  const owners = await ownersOf(trx, report, told);
  if (owners.length === 0) return [];
  if (owners.some(report.isOlderThan)) return 'late';
  const ended = await lockWithoutWaiting(trx, owners);
  await endEach(
    trx,
    ended.map((lock) => ({ lock, reason: reasonFor(lock, news), at: encodeTime(at) })),
  );
  return ended.filter(isFollowed).map((lock) => ({
    gateway: lock.gateway,
    reason: 'session-address-reused',
    vpnConnectionId: lock.vpn_connection_id,
    at,
  }));
}

function reasonFor(lock: StoredLock, news: OwnColumns): string {
  const hasAddress = (['framed_ip', 'framed_ipv6'] as const).some(
    (column) => news[column] !== null && news[column] === lock[column],
  );
  return hasAddress ? 'address-reused' : 'device-reused';
}

const heldWith: Readonly<Record<OwnColumn, Statement<Owner>>> = {
  framed_ip: statement(() => selectHeld('framed_ip')),
  framed_ipv6: statement(() => selectHeld('framed_ipv6')),
  ifname: statement(() =>
    selectHeld(
      'ifname',
      sql`and exists
    (select 1 from gateways where name = l.gateway and layout = 'per-interface')`,
    ),
  ),
};

function selectHeld(column: OwnColumn, also: RawBuilder<unknown> = sql``): RawBuilder<Owner> {
  return sql`
    select l.id, l.vpn_connection_id, l.acquired_at, l.confirmed_at, l.acct_session_id
    from active_session_locks l
    where l.gateway = ${''} and ${sql.ref(`l.${column}`)} = ${''} and l.state = 'held'
      and l.vpn_connection_id <> ${0} ${also}`;
}

/** Each once, by id. */
async function ownersOf(
  trx: TruthTransaction,
  { gateway, vpnConnectionId, news }: OwnReport,
  told: readonly OwnColumn[],
): Promise<readonly Owner[]> {
  const owners = new Map<number, Owner>();
  for (const column of told) {
    const { rows } = await heldWith[column](trx, [gateway, news[column], vpnConnectionId]);
    for (const owner of rows) owners.set(owner.id, owner);
  }
  return [...owners.values()].toSorted((one, other) => one.id - other.id);
}

const connectionsAtOnce = listStatement(
  (engine, length) => sql`
    select id from vpn_connections ${engine.byIndex('PRIMARY')}
    where ${isOneOf('id', length)} order by id ${engine.forUpdateOrBusy}`,
);

const locksAtOnce = listStatement<StoredLock>(
  (engine: EngineSql, length) => sql`
    select ${sql.join(['id', ...lockColumns].map((column) => sql.ref(column)))}
    from active_session_locks ${engine.byIndex('PRIMARY')}
    where ${isOneOf('id', length)} and state = 'held'
    order by id ${engine.forUpdateOrBusy}`,
);

/** @returns those that are still held, with their connections locked as well */
async function lockWithoutWaiting(
  trx: TruthTransaction,
  owners: readonly Owner[],
): Promise<readonly StoredLock[]> {
  if (engineSql(trx).hasRowLocks) {
    await connectionsAtOnce(
      trx,
      owners.map((owner) => [owner.vpn_connection_id]),
    );
  }
  return locksAtOnce(
    trx,
    owners.map(({ id }) => [id]),
  );
}
