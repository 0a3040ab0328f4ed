/** What a database says of itself, and how long it takes to say something: for people who ask whether it is fit. */
import { systemClock } from '@holdfast/base';
import { sql } from 'kysely';
import type { Truth } from '../truth.ts';

export interface DatabaseFacts {
  readonly engine: 'SQLite' | 'MariaDB' | 'MySQL';
  readonly version: string;
  /** Median of a few, in milliseconds. */
  readonly roundTripMs: number;
  /** Absent for SQLite, which has no settings and no clock of its own. */
  readonly server?: {
    /** How far its clock is before ours, in milliseconds, to about half a round trip. */
    readonly aheadMs: number;
    /** Whether our connections are strict and in UTC. */
    readonly isStrict: boolean;
    readonly isUtc: boolean;
    /** Whether those of others are strict, unless they say otherwise. */
    readonly isStrictForOthers: boolean;
  };
}

const tries = 5;

/** @throws HoldfastError as any first statement does */
export async function readDatabaseFacts(truth: Truth): Promise<DatabaseFacts> {
  if (truth.dialect.engine === 'sqlite') {
    const { rows } = await sql<{ version: string }>`select sqlite_version() as "version"`.execute(truth.db);
    return { engine: 'SQLite', version: rows[0]?.version ?? '', roundTripMs: await medianTrip(truth) };
  }
  const { version, ...server } = await readServer(truth);
  const engine = /mariadb/i.test(version) ? 'MariaDB' : 'MySQL';
  return { engine, version, roundTripMs: await medianTrip(truth), server };
}

interface ServerRow {
  readonly version: string;
  readonly ours: string;
  readonly others: string;
  readonly zone: string;
  readonly nowMs: number;
}

async function readServer(truth: Truth) {
  await truth.db.selectNoFrom(({ lit }) => lit(1).as('one')).execute(); // connected, so that only the question is timed
  const askedMs = systemClock.wallMs();
  const { rows } = await sql<ServerRow>`
    select version() as "version", @@session.sql_mode as "ours", @@global.sql_mode as "others",
           @@session.time_zone as "zone", cast(unix_timestamp(now(3)) * 1000 as signed) as "nowMs"`.execute(
    truth.db,
  );
  const betweenMs = (askedMs + systemClock.wallMs()) / 2;
  const { version = '', ours = '', others = '', zone = '', nowMs = betweenMs } = rows[0] ?? {};
  return {
    version,
    aheadMs: Math.round(nowMs - betweenMs),
    isStrict: ours.includes('STRICT_ALL_TABLES'),
    isUtc: zone === '+00:00',
    isStrictForOthers: /STRICT_(?:ALL|TRANS)_TABLES/.test(others),
  };
}

async function medianTrip(truth: Truth): Promise<number> {
  const trips: number[] = [];
  for (let count = 0; count < tries; count += 1) {
    const startedMs = systemClock.monotonicMs();
    await truth.db.selectNoFrom(({ lit }) => lit(1).as('one')).execute();
    trips.push(systemClock.monotonicMs() - startedMs);
  }
  return trips.toSorted((a, b) => a - b)[Math.floor(tries / 2)] ?? 0;
}

const takenBack = Symbol('taken back');

/**
 * Whether the database takes a write: one that changes no value, in a transaction that is rolled back.
 *
 * @returns false when there is no table yet to try it on
 * @throws HoldfastError DATABASE_READ_ONLY, DATABASE_FULL, DATABASE_ACCESS, DATABASE_BUSY
 */
export async function proveWrite(truth: Truth): Promise<boolean> {
  try {
    await truth.transaction(async (trx) => {
      if (!(await truth.dialect.hasTable(trx, 'schema_migrations'))) throw takenBack;
      await trx
        .updateTable('schema_migrations')
        .set(({ ref }) => ({ name: ref('name') }))
        .execute();
      throw takenBack;
    });
  } catch (error) {
    if (error !== takenBack) throw error;
  }
  return await truth.dialect.hasTable(truth.db, 'schema_migrations');
}
