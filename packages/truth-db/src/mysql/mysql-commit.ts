/**
 * Commits so that the outcome can always be told. A connection that is lost after COMMIT was sent says nothing about it,
 * and running the transaction again could make its change twice. So a transaction that writes something also writes its
 * commit mark: one row for each connection, with the number of its last transaction. Afterwards the mark is looked up on another
 * connection, and the look-up waits for a transaction that the server has not ended yet.
 *
 * For that the server has to have the mark, and with it the lock of its row, before COMMIT is sent: in one packet with COMMIT
 * it could be looked up before the server has read either, and be committed after it. So it goes ahead of the first statement
 * that writes, in one packet with that, and costs the change of one row that no other connection touches. Rows of connections
 * that are gone are deleted after a day, a few with each new connection.
 */
import { HoldfastError } from '@holdfast/base';
import { type BusyBudget, retryWhileBusy } from '../busy-retry.ts';
import { isConnectionLost } from './mysql-error.ts';
import type { MysqlPool } from './mysql-pool.ts';
import type { MysqlSession } from './mysql-session.ts';

const prunedAtOnce = 100;
const isOld = 'marked_at < utc_timestamp(3) - interval 1 day';

/** The statement that marks the transaction under way, as the `marks`-th of its session. Running it twice changes nothing. */
export function markOf({ writer, marks }: MysqlSession): string {
  return `insert into commit_marks (writer, mark, marked_at) values ('${writer}', ${marks}, utc_timestamp(3))
     on duplicate key update mark = values(mark), marked_at = values(marked_at)`;
}

/**
 * Commits a transaction that has its mark.
 *
 * @throws HoldfastError DATABASE_UNREACHABLE - the connection was lost, and nothing was committed
 * @throws HoldfastError DATABASE_OUTCOME_UNKNOWN - it was lost, and the server did not come back within the budget to tell
 * @throws HoldfastError - the server refused the commit
 */
export async function commitMarked(
  session: MysqlSession,
  pool: MysqlPool,
  budget: BusyBudget,
): Promise<void> {
  try {
    await session.query('commit');
  } catch (error) {
    if (!isConnectionLost(error)) throw error;
    budget.log.warn({ mark: session.marks }, 'connection lost at a commit, looking up its outcome');
    if (!(await isCommitted(session, pool, budget))) throw error;
  }
  if (!session.hasPruned && !session.isLost) await prune(session);
}

async function isCommitted(session: MysqlSession, pool: MysqlPool, budget: BusyBudget): Promise<boolean> {
  try {
    return await retryWhileBusy(budget, async () => {
      const other = await pool.connect();
      try {
        const { rows } = await other.query<{ mark: number }>(
          'select mark from commit_marks where writer = ? for update',
          [session.writer],
        );
        return rows[0]?.mark === session.marks;
      } finally {
        await other.end();
      }
    });
  } catch (cause) {
    throw new HoldfastError(
      'DATABASE_OUTCOME_UNKNOWN',
      'the connection to the database was lost at a commit, and whether it has happened could not be looked up',
      { cause },
    );
  }
}

/**
 * Failing at it is no failure of the transaction, which is committed. The rows are looked up without locks and deleted by their
 * keys: a delete over the range would wait for the mark of whoever is in the middle of a transaction.
 */
async function prune(session: MysqlSession): Promise<void> {
  session.hasPruned = true;
  try {
    const { rows } = await session.query<{ writer: string }>(
      `select writer from commit_marks where ${isOld} order by marked_at limit ${prunedAtOnce}`,
    );
    if (rows.length === 0) return;
    const writers = rows.map(({ writer }) => writer);
    const places = writers.map(() => '?').join(', ');
    await session.query(`delete from commit_marks where writer in (${places}) and ${isOld}`, writers);
  } catch {
    // The next connection will.
  }
}
