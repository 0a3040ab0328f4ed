/**
 * The one migration of a database at a time: a connection of its own that holds a named lock of the server. Its three
 * answers are three different things: 1 is granted, 0 is that the wait has ended, NULL that somebody ended it or the
 * server could not grant it. When the connection is lost so is the lock, and the migration with it: nothing reconnects.
 */
import { hash } from 'node:crypto';
import { HoldfastError } from '@holdfast/base';
import { mysqlColumnTypes } from '@holdfast/migrations';
import { type CompiledQuery, type Dialect, Kysely, type QueryResult } from 'kysely';
import type { TruthTables } from '../tables.ts';
import type { MigrationSession } from '../truth-dialect.ts';
import type { MysqlPool } from './mysql-pool.ts';
import type { MysqlSession } from './mysql-session.ts';

export interface MysqlMigrationOptions {
  readonly pool: MysqlPool;
  /** Names are the server's, so that of the database is part of it. */
  readonly database: string;
  readonly waitMs: number;
  /** Compiles and adapts for the server. */
  readonly dialect: Dialect;
}

/** Longest wait that the server is asked for: a year. */
const longestWaitMs = 31_536_000_000;
const digestLength = 40;

export async function migrateUnderLock<Result>(
  { pool, database, waitMs, dialect }: MysqlMigrationOptions,
  work: (session: MigrationSession) => Promise<Result>,
): Promise<Result> {
  const session = await pool.connect();
  try {
    await takeLock(
      session,
      `holdfast:migrate:${hash('sha256', database, 'hex').slice(0, digestLength)}`,
      waitMs,
    );
    // A table can be large, and a reader may be at it.
    await session.query(
      session.isMariaDb
        ? `set lock_wait_timeout = 60, max_statement_time = 0`
        : `set lock_wait_timeout = 60, max_execution_time = 0`,
    );
    const db = new Kysely<TruthTables>({ dialect: { ...dialect, createDriver: () => driverOf(session) } });
    const columnTypes = mysqlColumnTypes(session.isMariaDb ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin');
    return await work({ db, columnTypes });
  } finally {
    await session.end(); // and the lock with it
  }
}

async function takeLock(session: MysqlSession, name: string, waitMs: number): Promise<void> {
  const patienceMs = Math.min(waitMs, longestWaitMs);
  // MySQL counts whole seconds.
  const seconds = session.isMariaDb ? (patienceMs / 1_000).toFixed(3) : String(Math.ceil(patienceMs / 1_000));
  if (session.isMariaDb) await session.query('set max_statement_time = 0');
  const { rows } = await session.query<{ answer: unknown }>(
    `select get_lock('${name}', ${seconds}) as answer`,
    [],
    Number.POSITIVE_INFINITY,
  );
  const answer = rows[0]?.answer ?? null;
  if (Number(answer) === 1 && answer !== null) return;
  if (answer === null) {
    throw new HoldfastError(
      'DATABASE_UNREACHABLE',
      'the database has ended the wait for its migration lock without an answer',
      { details: { reason: 'NULL' } },
    );
  }
  throw new HoldfastError('DATABASE_BUSY', 'another process migrates the database', { details: { waitMs } });
}

/** A driver of this one connection, which takes no turns: a migration asks one thing after the other. */
function driverOf(session: MysqlSession): ReturnType<Dialect['createDriver']> {
  const connection = {
    executeQuery: async <Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> => {
      const { rows, header } = await session.query<Row>(sql, parameters, Number.POSITIVE_INFINITY);
      return header === undefined ? { rows } : { rows, numAffectedRows: BigInt(header.affectedRows) };
    },
    streamQuery: () => {
      throw new HoldfastError('INTERNAL', 'a migration asked for a stream');
    },
  };
  const say = async (sql: string) => {
    await session.query(sql);
  };
  return {
    init: async () => undefined,
    acquireConnection: async () => connection,
    beginTransaction: () => say('start transaction'),
    commitTransaction: () => say('commit'),
    rollbackTransaction: () => say('rollback'),
    releaseConnection: async () => undefined,
    destroy: async () => undefined,
  };
}
