/**
 * Tries again while another transaction holds the database, and when the connection to its server was lost before
 * anything was committed. The waiting is asynchronous: SQLite's own busy timeout blocks the event loop for its length and
 * is therefore kept short.
 *
 * Does not give turns: who comes back at the right moment wins. Fairness between writers is the business of the lock
 * that they hold around their transaction.
 */
import { backoff, type Clock, type HoldfastError, isHoldfastError, type Log } from '@holdfast/base';

export interface BusyBudget {
  /** How long to go on trying, in milliseconds; 0 is one try. */
  readonly busyTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The result of the first `attempt` that does not fail in such a way. An attempt has to leave nothing behind when it
 * fails, because it is made again from its start.
 *
 * @throws HoldfastError DATABASE_BUSY, DATABASE_UNREACHABLE - the last one, when the next pause would pass the budget
 */
export async function retryWhileBusy<Result>(
  budget: BusyBudget,
  attempt: () => Promise<Result>,
): Promise<Result> {
  const { busyTimeoutMs, clock, log } = budget;
  const deadlineMs = clock.monotonicMs() + busyTimeoutMs;
  const delays = backoff({ initialMs: 2, maxMs: 100, jitter: 'full' });
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      const delayMs = delays.next().value;
      if (!isPassing(error) || clock.monotonicMs() + delayMs > deadlineMs) throw error;
      log.debug({ tries, delayMs, code: error.code }, 'database busy or away, trying again');
      await clock.sleep(delayMs);
    }
  }
}

function isPassing(error: unknown): error is HoldfastError {
  if (!isHoldfastError(error)) return false;
  return (
    error.code === 'DATABASE_BUSY' ||
    (error.code === 'DATABASE_UNREACHABLE' && error.details.isConnectionLost === true)
  );
}
