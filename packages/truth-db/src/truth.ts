/**
 * The open truth: queries, writing transactions, snapshots. One Truth is one connection that its callers take in turns,
 * so a transaction function must not wait for something that needs the same Truth; asking it through `db` is refused
 * at once (INTERNAL), use the `trx` that is given.
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
   * While the database is busy the whole transaction is tried again, so `fn` may run more than once: it must have no
   * effect outside `trx`, and must decide from what it reads there.
   *
   * @throws HoldfastError DATABASE_BUSY - another transaction held the database for the whole busy timeout
   * @throws HoldfastError INTERNAL - called inside the function of another transaction of this truth
   */
  async transaction<Result>(fn: (trx: TruthTransaction) => Promise<Result>): Promise<Result> {
    return this.#run('read write', fn);
  }

  /**
   * Runs `fn` on one unchanging state of truth, without keeping a writer waiting; writing in it is refused. Keep it
   * short all the same: while it runs the write-ahead log cannot be folded into the database.
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
    this.dialect.queue.refuseInside();
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
    const { queue, budget } = this.dialect;
    queue.refuseInside();
    return retryWhileBusy(budget, () =>
      this.db
        .transaction()
        .setAccessMode(accessMode)
        .execute((trx) => queue.runInside(() => fn(trx))),
    );
  }

  async #close(): Promise<void> {
    const giveBack = await this.dialect.queue.acquire();
    try {
      await this.db.destroy();
      this.dialect.close();
    } finally {
      giveBack();
    }
  }
}
