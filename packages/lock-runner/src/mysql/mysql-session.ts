/**
 * One connection to the server, with the life that a lock has on it: never reconnected, known to be lost the moment its
 * socket ends, and silent for no longer than whoever asks has patience. A session that has not answered is destroyed,
 * because nobody can say any more what it holds.
 *
 * It keeps the process alive only while an answer is awaited, so an idle one need not be closed by hand.
 */
import type { Connection, ResultSetHeader } from 'mysql2/promise';

/** Of a statement that changes rows. */
export type Change = Pick<ResultSetHeader, 'affectedRows' | 'insertId'>;

interface Socket {
  ref?(): void;
  unref?(): void;
  destroy?(): void;
}

/** How long a polite goodbye may take, in milliseconds. */
const goodbyeMs = 1_000;

export class MysqlSession {
  /** The server's number of this connection; known after `open`. */
  id = 0;
  /** As the server names it. */
  database = '';
  isMariaDb = false;
  /** True when somebody has used it before. */
  isReused = false;
  readonly #connection: Connection;
  readonly #controller = new AbortController();

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.on('error', (error: unknown) => this.#lose(error));
    connection.on('end', () => this.#lose(lostConnection('was closed by the server')));
  }

  /** Aborts when the connection is gone, with the error that ended it. */
  get lost(): AbortSignal {
    return this.#controller.signal;
  }

  /** The rows of a query, each an array. `Infinity` waits for ever. */
  async rows(sql: string, patienceMs: number): Promise<readonly (readonly unknown[])[]> {
    return (await this.#send(sql, patienceMs)) as unknown as readonly (readonly unknown[])[];
  }

  async change(sql: string, patienceMs: number): Promise<Change> {
    return (await this.#send(sql, patienceMs)) as unknown as Change;
  }

  /** Says goodbye, so that the server does not log a broken connection. */
  async end(): Promise<void> {
    if (this.lost.aborted) return;
    const goodbye = this.#connection.end().catch(() => undefined);
    await answered(goodbye, goodbyeMs, this.lost).catch(() => undefined);
    this.destroy();
  }

  destroy(): void {
    this.#lose(lostConnection('was closed'));
  }

  async #send(sql: string, patienceMs: number): Promise<unknown> {
    this.lost.throwIfAborted();
    this.#socket?.ref?.();
    // Settings of the caller's own connection must not change the shape of an answer.
    const answer = this.#connection.query({ sql, rowsAsArray: true, nestTables: false, typeCast: true });
    try {
      const [result] = await answered(answer, patienceMs, this.lost);
      return result;
    } catch (error) {
      if (error instanceof NoAnswer || (error as { fatal?: unknown }).fatal === true) this.#lose(error);
      throw error;
    } finally {
      this.#socket?.unref?.();
    }
  }

  #lose(cause: unknown): void {
    if (this.lost.aborted) return;
    this.#controller.abort(cause);
    const socket = this.#socket;
    this.#connection.destroy();
    socket?.destroy?.(); // the driver only says that it has nothing more to say, and would wait for the other side
  }

  /** Looked up each time: TLS puts another one in its place. */
  get #socket(): Socket | undefined {
    return (this.#connection as { connection?: { stream?: Socket } }).connection?.stream;
  }
}

/**
 * Waits for `answer`, but neither longer than `patienceMs` nor beyond `signal`.
 *
 * @throws NoAnswer, or the reason of the signal
 */
export async function answered<Answer>(
  answer: Promise<Answer>,
  patienceMs: number,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  signal?.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const forward = () => reject(signal?.reason);
  signal?.addEventListener('abort', forward, { once: true });
  const timer =
    patienceMs === Number.POSITIVE_INFINITY
      ? undefined
      : setTimeout(() => reject(new NoAnswer(patienceMs)), patienceMs);
  timer?.unref(); // what is waited for keeps the process alive, as long as it can
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', forward);
  }
}

/** Patience has ended. Carries the code of a system error. */
class NoAnswer extends Error {
  readonly code = 'ETIMEDOUT';

  constructor(patienceMs: number) {
    super(`no answer came within ${patienceMs} ms`);
  }
}

function lostConnection(how: string): Error {
  return Object.assign(new Error(`the connection ${how}`), { code: 'PROTOCOL_CONNECTION_LOST' });
}
