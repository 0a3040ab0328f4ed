/**
 * An address that a gateway gives to another client is not that of the earlier one any more: its Stop was lost. The report
 * that tells the address for the new session proves it, so the old one ends with it, in the same transaction; with two
 * held sessions of one address nothing at all could be applied to the gateway.
 *
 * Who tells a new address takes the counter of the gateway's triggers and keeps it until the commit, so two who tell the
 * same one come after each other. The session that has to end is known only then, against the order of row locks: it is
 * locked without waiting, and a transaction that would have to wait is run again from its start.
 */
import { type RawBuilder, sql } from 'kysely';
import { engineSql } from '../engine-sql.ts';
import { type Statement, statement } from '../statement-text.ts';
import { holdCounters } from '../trigger.ts';
import type { TruthTransaction } from '../truth.ts';
import type { UtcTime } from '../utc-time.ts';
import { endLocks } from './end-locks.ts';
import type { StoredLock } from './session-lock.ts';
import type { AddressColumns } from './told-address.ts';

export interface AddressReport {
  /** Held, and locked by this transaction. */
  readonly lock: StoredLock;
  /** What is told; null leaves an address as it is. */
  readonly told: AddressColumns;
  /** When it was so. */
  readonly at: UtcTime;
}

export interface SettledAddress {
  /** What the session has from now on. */
  readonly address: AddressColumns;
  /** Sessions of the same gateway that had one of the addresses, and have ended. */
  readonly ended: readonly StoredLock[];
}

const columns = ['framed_ip', 'framed_ipv6'] as const;
type Column = (typeof columns)[number];

/**
 * Gives a session the addresses that were told. A report that is older than what the session was told last only fills in
 * what is not known yet; one that is older than what another session of the gateway was told of the address is late, and
 * changes neither of them.
 */
export async function settleAddress(trx: TruthTransaction, report: AddressReport): Promise<SettledAddress> {
  const { lock, at } = report;
  const address = nextAddress(report);
  const news = columns.filter((column) => address[column] !== lock[column]);
  if (news.length === 0 || lock.gateway === null) return { address, ended: [] };
  await holdCounters(trx, [lock.gateway]);
  const others: Other[] = [];
  for (const column of news) others.push(...(await othersWith(trx, lock, column, address[column])));
  if (others.length === 0) return { address, ended: [] };
  if (others.some(({ confirmed_at: toldAt }) => toldAt !== null && toldAt > at)) {
    return { address: { framed_ip: lock.framed_ip, framed_ipv6: lock.framed_ipv6 }, ended: [] };
  }
  const ended = await lockWithoutWaiting(trx, others);
  await endLocks(trx, ended, { reason: 'address-reused', at });
  return { address, ended };
}

function nextAddress({ lock, told, at }: AddressReport): AddressColumns {
  const isOlder = lock.confirmed_at !== null && at < lock.confirmed_at;
  const next = (column: Column) =>
    isOlder ? (lock[column] ?? told[column]) : (told[column] ?? lock[column]);
  return { framed_ip: next('framed_ip'), framed_ipv6: next('framed_ipv6') };
}

type Other = Pick<StoredLock, 'id' | 'vpn_connection_id' | 'confirmed_at'>;

const heldWith: Readonly<Record<Column, Statement<Other>>> = {
  framed_ip: statement(() => select('framed_ip')),
  framed_ipv6: statement(() => select('framed_ipv6')),
};

function select(column: Column): RawBuilder<Other> {
  return sql`
    select id, vpn_connection_id, confirmed_at from active_session_locks
    where gateway = ${''} and ${sql.ref(column)} = ${''} and state = 'held' and id <> ${0}`;
}

async function othersWith(
  trx: TruthTransaction,
  { id, gateway }: StoredLock,
  column: Column,
  address: string | null,
): Promise<readonly Other[]> {
  return (await heldWith[column](trx, [gateway, address, id])).rows;
}

/** @returns those that are still held, with their connections locked as well */
async function lockWithoutWaiting(
  trx: TruthTransaction,
  others: readonly Other[],
): Promise<readonly StoredLock[]> {
  const { hasRowLocks, forUpdateOrBusy } = engineSql(trx);
  if (hasRowLocks) {
    const connections = sql.join(others.map((other) => other.vpn_connection_id));
    await sql`select id from vpn_connections where id in (${connections}) order by id ${forUpdateOrBusy}`.execute(
      trx,
    );
  }
  const ids = sql.join(others.map(({ id }) => id));
  const { rows } = await sql<StoredLock>`
    select * from active_session_locks where id in (${ids}) and state = 'held'
    order by id ${forUpdateOrBusy}`.execute(trx);
  return rows;
}
