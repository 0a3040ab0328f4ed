/**
 * One connection to the server, set up so that it answers as SQLite would: strict, in UTC, byte by byte. It is never
 * reconnected: what was begun on it is gone with it, and whoever began it has to know.
 *
 * Parameters are put into the text of the statement by mysql2, which knows the quoting of this mode; a prepared statement
 * would cost a second round trip.
 */
import { randomBytes } from 'node:crypto';
import { mysqlParameters } from './mysql-parameters.ts';
import { requireSupported } from './mysql-server-version.ts';
import type { MysqlEndpoint } from './mysql-url.ts';
import { type MysqlAnswer, MysqlWire } from './mysql-wire.ts';

export interface MysqlSessionOptions {
  readonly endpoint: MysqlEndpoint;
  /** How long a statement waits for the row of another transaction, in milliseconds. */
  readonly lockWaitMs: number;
}

/** What the server counts itself is over by then; a server that is still silent is taken for gone. */
const graceMs = 5_000;

const sqlMode = [
  'STRICT_ALL_TABLES',
  'NO_ZERO_DATE',
  'NO_ZERO_IN_DATE',
  'ERROR_FOR_DIVISION_BY_ZERO',
  'NO_ENGINE_SUBSTITUTION',
  'ONLY_FULL_GROUP_BY',
  'NO_AUTO_VALUE_ON_ZERO',
  // The words of SQLite: "name" is an identifier, || joins texts.
  'ANSI_QUOTES',
  'PIPES_AS_CONCAT',
].join(',');

export class MysqlSession {
  /** Names this connection in `commit_marks`: never used for another one. */
  readonly writer = randomBytes(16).toString('hex');
  /** Transactions on it that have written, rolled back or not: the number of the last one. */
  marks = 0;
  /** Whether old marks were deleted on it. */
  hasPruned = false;
  readonly isMariaDb: boolean;
  readonly #wire: MysqlWire;
  readonly #statementTimeoutMs: number;

  private constructor(wire: MysqlWire, statementTimeoutMs: number, isMariaDb: boolean) {
    this.#wire = wire;
    this.#statementTimeoutMs = statementTimeoutMs;
    this.isMariaDb = isMariaDb;
  }

  /**
   * @throws HoldfastError DATABASE_UNREACHABLE, DATABASE_ACCESS, DATABASE_UNKNOWN, DATABASE_BUSY - as the server says
   * @throws HoldfastError DATABASE_UNSUPPORTED - the server is too old
   */
  static async open({ endpoint, lockWaitMs }: MysqlSessionOptions): Promise<MysqlSession> {
    const { connectTimeoutMs, statementTimeoutMs } = endpoint;
    const wire = await MysqlWire.open(endpoint);
    try {
      const { rows } = await wire.query<{ version: string }>(
        'select version() as version',
        [],
        connectTimeoutMs,
      );
      const { isMariaDb } = requireSupported(rows[0]?.version ?? '');
      const settings = settingsFor(isMariaDb, lockWaitMs, statementTimeoutMs);
      await wire.query(`set ${settings.join(', ')}`, [], connectTimeoutMs);
      return new MysqlSession(wire, statementTimeoutMs, isMariaDb);
    } catch (error) {
      wire.destroy();
      throw error;
    }
  }

  get isLost(): boolean {
    return this.#wire.isLost;
  }

  /**
   * @param sql - a statement, or several with `;` between them: the last one answers, and none is run behind one that fails
   * @param timeoutMs - in place of the limit of the URL
   * @throws HoldfastError - as `mysqlError`; DATABASE_UNREACHABLE when the connection is gone
   */
  async query<Row>(
    sql: string,
    parameters: readonly unknown[] = [],
    timeoutMs: number = this.#statementTimeoutMs,
  ): Promise<MysqlAnswer<Row>> {
    return this.#wire.query<Row>(sql, mysqlParameters(parameters), timeoutMs + graceMs);
  }

  /** Rows one by one. A consumer that stops early ends the connection. */
  async *stream<Row>(sql: string, parameters: readonly unknown[]): AsyncIterableIterator<Row> {
    yield* this.#wire.stream<Row>(sql, mysqlParameters(parameters));
  }

  async end(): Promise<void> {
    await this.#wire.end();
  }

  destroy(): void {
    this.#wire.destroy();
  }
}

function settingsFor(isMariaDb: boolean, lockWaitMs: number, statementTimeoutMs: number): readonly string[] {
  const lockWait = Math.floor(lockWaitMs / 1_000);
  const limit = Number.isFinite(statementTimeoutMs) ? statementTimeoutMs : 0;
  return [
    `sql_mode = '${sqlMode}'`,
    `time_zone = '+00:00'`,
    `collation_connection = '${isMariaDb ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin'}'`,
    `${isMariaDb ? 'tx_isolation' : 'transaction_isolation'} = 'READ-COMMITTED'`,
    // MySQL knows no waiting shorter than a second.
    `innodb_lock_wait_timeout = ${isMariaDb ? lockWait : Math.max(1, lockWait)}`,
    `lock_wait_timeout = ${Math.max(1, lockWait)}`,
    // MySQL limits queries only.
    isMariaDb ? `max_statement_time = ${limit / 1_000}` : `max_execution_time = ${Math.ceil(limit)}`,
  ];
}
