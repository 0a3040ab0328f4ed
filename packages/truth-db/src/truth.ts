/**
 * The open truth: queries, writing transactions, snapshots. Its callers share one connection (SQLite) or a few (MariaDB,
 * MySQL), so a transaction function must not wait for something that needs the same Truth; asking it through `db` is
 * refused at once (INTERNAL), use the `trx` that is given.
 */
import { Kysely, type Transaction } from 'kysely';
import { retryWhileBusy } from './busy-retry.ts';
import type { TruthTables } from './tables.ts';
import type { TruthDialect } from './truth-dialect.ts';

/** A query builder inside a transaction of truth. */
export type TruthTransaction = Transaction<TruthTables>;

export class Truth implements AsyncDisposable {
  /**
   * Single statements, each its own transaction, tried again while the database is busy. For more than one statement
   * use `transaction` or `snapshot`: a transaction begun on `db` itself is not tried again, and a query past it hangs.
   */
  readonly db: Kysely<TruthTables>;
  readonly dialect: TruthDialect;
  #closing: Promise<void> | undefined;

  constructor(dialect: TruthDialect) {
    this.dialect = dialect;
    this.db = new Kysely({ dialect: dialect.kysely });
  }

  /**
   * Runs `fn` in one writing transaction: all of it is committed when `fn` resolves, nothing of it when `fn` rejects.
   *
   * While the database is busy, after a deadlock, and when the connection to its server was lost before the commit, the
   * whole transaction is tried again, so `fn` may run more than once: it must have no effect outside `trx`, and must
   * decide from what it reads there. Whether a lost commit has happened is looked up.
   *
   * @throws HoldfastError DATABASE_BUSY - another transaction held the database for the whole busy timeout
   * @throws HoldfastError DATABASE_UNREACHABLE - the server did not come back within it; nothing was committed
   * @throws HoldfastError DATABASE_OUTCOME_UNKNOWN - it did not come back to say whether the commit has happened
   * @throws HoldfastError INTERNAL - called inside the function of another transaction of this truth
   */
  async transaction<Result>(fn: (trx: TruthTransaction) => Promise<Result>): Promise<Result> {
    return this.#run('read write', fn);
  }

  /**
   * Runs `fn` on one unchanging state of truth, without keeping a writer waiting; writing in it is refused. Keep it
   * short all the same: while it runs the database keeps every older version of a row.
   *
   * @throws HoldfastError DATABASE_BUSY, INTERNAL - as `transaction`
   */
  async snapshot<Result>(fn: (trx: TruthTransaction) => Promise<Result>): Promise<Result> {
    return this.#run('read only', fn);
  }

  /**
   * Closes the database after the statements and transactions that were begun. Idempotent.
   *
   * @throws HoldfastError INTERNAL - called inside the function of a transaction of this truth
   */
  async close(): Promise<void> {
    this.dialect.scope.refuseInside();
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run<Result>(
    accessMode: 'read write' | 'read only',
    fn: (trx: TruthTransaction) => Promise<Result>,
  ): Promise<Result> {
    const { scope, budget } = this.dialect;
    scope.refuseInside();
    return retryWhileBusy(budget, () =>
      this.db
        .transaction()
        .setAccessMode(accessMode)
        .execute((trx) => scope.runInside(() => fn(trx))),
    );
  }

  async #close(): Promise<void> {
    await this.dialect.close();
    await this.db.destroy();
  }
}
