/**
 * What went wrong at the server, as an error of ours. The server's own words stay in the cause: they can name accounts.
 * Circles of waits are LOCK_CYCLE, everything else is LOCK_SERVER with the driver's code in its details.
 */
import { errnoOf, HoldfastError, isHoldfastError } from '@holdfast/base';

/** By the driver's code; what is not listed is a connection that failed or broke. */
const reasons: Readonly<Record<string, string>> = {
  ER_ACCESS_DENIED_ERROR: 'refuses this account',
  ER_DBACCESS_DENIED_ERROR: 'refuses this account the database',
  ER_BAD_DB_ERROR: 'has no such database',
  ER_CON_COUNT_ERROR: 'has no connection left',
  ER_TOO_MANY_USER_CONNECTIONS: 'has no connection left for this account',
  ER_USER_LIMIT_REACHED: 'has no connection left for this account',
  ER_OPTION_PREVENTS_STATEMENT: 'is read-only, so no generation can be written',
  ER_READ_ONLY_MODE: 'is read-only, so no generation can be written',
  ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION: 'is read-only, so no generation can be written',
  ER_TABLEACCESS_DENIED_ERROR: 'lets this account neither write nor create the table holdfast_locks',
  ER_NO_SUCH_TABLE: 'has no table holdfast_locks',
};
const circles: ReadonlySet<string | undefined> = new Set(['ER_USER_LOCK_DEADLOCK', 'ER_LOCK_DEADLOCK']);

/** Errors of ours are passed through. */
export function serverError(where: string, cause: unknown): HoldfastError {
  if (isHoldfastError(cause)) return cause;
  const code = errnoOf(cause);
  const details = { server: where, reason: code };
  if (circles.has(code)) {
    return new HoldfastError('LOCK_CYCLE', `the lock server at ${where} ended a wait that would never end`, {
      cause,
      details,
    });
  }
  const why = reasons[code ?? ''] ?? (code?.startsWith('ER_') ? `failed (${code})` : 'cannot be reached');
  return new HoldfastError('LOCK_SERVER', `the lock server at ${where} ${why}`, { cause, details });
}
