/**
 * A connection of mysql2 with the life that its user needs to know: it is lost the moment its socket ends or an answer
 * does not come in time, and whoever waits for an answer then is told at once. One text at a time: a statement, or several
 * with `;` between them in one packet, of which the server runs none behind one that has failed.
 *
 * The limits are kept here: mysql2 leaves its own timers behind when a connection ends, and they keep a process alive.
 */
import { HoldfastError } from '@holdfast/base';
import type { Connection, FieldPacket, ResultSetHeader } from 'mysql2';
import { isConnectionLost, mysqlError } from './mysql-error.ts';
import { readTimes } from './mysql-parameters.ts';
import type { MysqlEndpoint } from './mysql-url.ts';

export interface MysqlAnswer<Row> {
  readonly rows: Row[];
  /** Of a statement that is no query. */
  readonly header?: ResultSetHeader;
}

const longestTimerMs = 2_147_483_647;
const goodbyeMs = 1_000;

export class MysqlWire {
  readonly #connection: Connection;
  #isLost = false;
  /** Fails what awaits an answer. */
  #fail: ((error: unknown) => void) | undefined;

  private constructor(connection: Connection) {
    this.#connection = connection;
    connection.on('error', (error) => this.#lose(mysqlError(error)));
    connection.on('end', () => this.destroy());
  }

  /** @throws HoldfastError DATABASE_UNREACHABLE, DATABASE_ACCESS, DATABASE_UNKNOWN, DATABASE_BUSY - as the server says */
  static async open(endpoint: MysqlEndpoint): Promise<MysqlWire> {
    const { createConnection } = await import('mysql2');
    const connection = createConnection(optionsOf(endpoint));
    const wire = new MysqlWire(connection);
    await wire
      .#awaited<void>(endpoint.connectTimeoutMs, (resolve, reject) =>
        connection.connect((error) => (error === null ? resolve() : reject(error))),
      )
      .catch((error) => {
        wire.destroy();
        throw error;
      });
    return wire;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /**
   * @returns what the last statement of `sql` answers
   * @throws HoldfastError - as `mysqlError`; DATABASE_UNREACHABLE when the connection is gone or silent for `timeoutMs`
   */
  async query<Row>(sql: string, values: unknown[], timeoutMs: number): Promise<MysqlAnswer<Row>> {
    return this.#awaited(timeoutMs, (resolve, reject) =>
      this.#connection.query({ sql, values }, (error, result, fields) => {
        if (error === null) resolve(answerOf<Row>(lastOf({ result, fields })));
        else reject(error);
      }),
    );
  }

  /** Rows one by one. A consumer that stops early ends the connection: the rest would have to be read first. */
  async *stream<Row>(sql: string, values: unknown[]): AsyncIterableIterator<Row> {
    if (this.#isLost) throw lost('closed');
    let isOver = false;
    try {
      const query = this.#connection.query({ sql, values });
      let fields: readonly FieldPacket[] = [];
      query.on('fields', (found: unknown) => {
        fields = (found as readonly FieldPacket[] | undefined) ?? [];
      });
      const rows = query.stream();
      this.#fail = (error) => rows.destroy(error as Error);
      for await (const row of rows) yield readTimes([row as Row], fields)[0] as Row;
      isOver = true;
    } catch (error) {
      throw this.#judged(error);
    } finally {
      this.#fail = undefined;
      if (!isOver) this.destroy();
    }
  }

  /** Says goodbye, so that the server does not log a broken connection. */
  async end(): Promise<void> {
    if (this.#isLost) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, goodbyeMs);
    this.#connection.end(() => resolve());
    await promise;
    clearTimeout(timer);
    this.destroy();
  }

  destroy(): void {
    this.#lose(lost('closed'));
  }

  async #awaited<Answer>(
    timeoutMs: number,
    begin: (resolve: (answer: Answer) => void, reject: (error: unknown) => void) => void,
  ): Promise<Answer> {
    if (this.#isLost) throw lost('closed');
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#fail = reject;
    const timer =
      timeoutMs > longestTimerMs ? undefined : setTimeout(() => this.#lose(lost('silent')), timeoutMs);
    try {
      begin(resolve, reject);
      return await promise;
    } catch (error) {
      throw this.#judged(error);
    } finally {
      clearTimeout(timer);
      this.#fail = undefined;
    }
  }

  #judged(error: unknown): HoldfastError {
    const judged = mysqlError(error);
    if (isConnectionLost(judged)) this.destroy();
    return judged;
  }

  #lose(why: HoldfastError): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#fail?.(why);
    const { stream } = this.#connection as { stream?: { destroy?(): void } };
    this.#connection.destroy();
    stream?.destroy?.(); // mysql2 only says that it has nothing more to say, and would wait for the other side
  }
}

interface Result {
  readonly result: unknown;
  readonly fields: unknown;
}

/** mysql2 gives the results of several statements in lists; an entry of the second is the fields of one, none for a write. */
function lastOf({ result, fields }: Result): Result {
  const isOfSeveral =
    Array.isArray(fields) &&
    Array.isArray(result) &&
    (fields.at(-1) === undefined || Array.isArray(fields.at(-1)));
  return isOfSeveral && fields.length > 0
    ? { result: result.at(-1), fields: fields.at(-1) }
    : { result, fields };
}

function answerOf<Row>({ result, fields = [] }: Result): MysqlAnswer<Row> {
  if (!Array.isArray(result)) return { rows: [], header: result as ResultSetHeader };
  return { rows: readTimes(result as Row[], fields as readonly FieldPacket[]) };
}

function optionsOf({ tls, socketPath, host, port, user, password, database }: MysqlEndpoint) {
  return {
    ...(socketPath === undefined ? { host, port } : { socketPath }),
    user,
    password,
    database,
    connectTimeout: 0,
    charset: 'utf8mb4_bin',
    // Times are texts without a zone; sums and averages are numbers.
    dateStrings: true,
    decimalNumbers: true,
    supportBigNumbers: false,
    flags: ['-LOCAL_FILES'],
    // What comes from outside is a parameter and never part of a text.
    multipleStatements: true,
    enableKeepAlive: true,
    ...(tls === undefined
      ? {}
      : {
          ssl: {
            rejectUnauthorized: tls.isVerified,
            verifyIdentity: tls.isVerified,
            ...(tls.ca === undefined ? {} : { ca: tls.ca }),
            ...(tls.cert === undefined ? {} : { cert: tls.cert }),
            ...(tls.key === undefined ? {} : { key: tls.key }),
          },
        }),
  };
}

function lost(reason: 'closed' | 'silent'): HoldfastError {
  return new HoldfastError('DATABASE_UNREACHABLE', 'the connection to the database is gone', {
    details: { reason, isConnectionLost: true },
  });
}
