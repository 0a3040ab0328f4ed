/**
 * What MariaDB or MySQL reported, or what became of the connection, as a HoldfastError: the border where error numbers
 * end. The server's own words name accounts, hosts and the values of rows, and the driver adds the statement: none of
 * that goes on, the cause has numbers and code names only.
 *
 * @see https://mariadb.com/kb/en/mariadb-error-code-reference/
 */
import { type ErrorCode, type ErrorDetails, HoldfastError, isHoldfastError } from '@holdfast/base';

type Meaning = readonly [ErrorCode, string, ErrorDetails?];

const refusedRow = 'the database refused a row that breaks a constraint';
const constraint = (name: string): Meaning => ['TRUTH_INVALID', refusedRow, { constraint: name }];
const ended = (text: string): Meaning => ['DATABASE_UNREACHABLE', text, { isConnectionLost: true }];
const account: Meaning = ['DATABASE_ACCESS', 'the database refuses this account'];
const rights: Meaning = ['DATABASE_ACCESS', 'the database refuses this account what it needs'];
const readOnly: Meaning = ['DATABASE_READ_ONLY', 'the database can only be read'];
const full: Meaning = ['DATABASE_FULL', 'the file system or a table space of the database is full'];
const crowded: Meaning = ['DATABASE_BUSY', 'the database has no connection left'];
const slow: Meaning = ['DATABASE_BUSY', 'a statement reached its time limit'];
const shuttingDown = ended('the database is shutting down');

const meanings: Readonly<Record<number, Meaning>> = {
  1021: full,
  1040: crowded,
  1044: rights,
  1045: account,
  1048: constraint('not-null'),
  1049: ['DATABASE_UNKNOWN', 'the server has no database of that name'],
  1053: shuttingDown,
  1062: constraint('unique'),
  1114: full,
  1142: rights,
  1143: rights,
  1146: ['SCHEMA_MISSING', 'the database lacks a table'],
  1203: crowded,
  1205: ['DATABASE_BUSY', 'another transaction holds a row or a table'],
  1213: ['DATABASE_BUSY', 'another transaction wanted the same rows in another order'],
  1216: constraint('foreign-key'),
  1217: constraint('foreign-key'),
  1226: crowded,
  1227: rights,
  1264: constraint('data-type'),
  1265: constraint('data-type'),
  1290: readOnly,
  1292: constraint('check'), // a time of another form, which the type refuses here
  1317: ['DATABASE_BUSY', 'a statement was ended by the server'],
  1364: constraint('not-null'),
  1366: constraint('data-type'),
  1370: rights,
  1406: constraint('check'), // a text too long, which the type refuses here
  1412: ['DATABASE_BUSY', 'a table was changed while a snapshot of it was read'],
  1451: constraint('foreign-key'),
  1452: constraint('foreign-key'),
  1698: account,
  1792: ['INTERNAL', 'a statement would write in a snapshot'],
  1836: readOnly,
  1927: ended('the connection to the database was ended by the server'),
  1969: slow,
  3024: slow,
  3572: ['DATABASE_BUSY', 'another transaction holds a row or a table'],
  3819: constraint('check'),
  4025: constraint('check'),
  4031: ended('the connection to the database was ended by the server'),
};

/** Errors of storage that carry the number of a system error: 28 is a full disk. */
const storageErrors: ReadonlySet<number> = new Set([3, 1026, 1030, 1877]);

interface DriverError {
  readonly errno?: unknown;
  readonly code?: unknown;
  readonly sqlState?: unknown;
  readonly message?: unknown;
  readonly fatal?: unknown;
}

/** `error` as a HoldfastError. A constraint becomes TRUTH_INVALID with `details.constraint`, as on SQLite. */
export function mysqlError(error: unknown): HoldfastError {
  if (isHoldfastError(error)) return error;
  const { errno, code, sqlState, message } = (error ?? {}) as DriverError;
  const isOfServer = typeof sqlState === 'string' && typeof errno === 'number';
  if (!isOfServer) return connectionError(error as DriverError);
  const [holdfastCode, text, details] = meaningOf(errno, String(message));
  return new HoldfastError(holdfastCode, text, {
    cause: new MysqlFailure(errno, code, sqlState),
    details: { errno, ...details },
  });
}

/** Whether the connection is gone, so that nothing more can be said on it. */
export function isConnectionLost(error: unknown): boolean {
  return isHoldfastError(error) && error.details.isConnectionLost === true;
}

function meaningOf(errno: number, message: string): Meaning {
  if (errno === 1062 && /key '(?:[^']*\.)?PRIMARY'$/.test(message)) return constraint('primary-key');
  if (storageErrors.has(errno)) {
    if (/\b28\b/.test(message)) return full;
    return ['DATABASE_UNREACHABLE', 'reading or writing the database failed'];
  }
  return meanings[errno] ?? ['INTERNAL', 'the database refused a statement'];
}

function connectionError({ errno, code, fatal }: DriverError): HoldfastError {
  const cause = new MysqlFailure(errno, code, undefined);
  if (typeof code !== 'string' && fatal !== true) {
    return new HoldfastError('INTERNAL', 'the database driver refused a statement', { cause });
  }
  return new HoldfastError('DATABASE_UNREACHABLE', 'the connection to the database failed or was lost', {
    cause,
    details: { reason: code, isConnectionLost: true },
  });
}

/** What may be told of a failure. */
class MysqlFailure extends Error {
  readonly errno: unknown;
  readonly code: unknown;
  readonly sqlState: unknown;

  constructor(errno: unknown, code: unknown, sqlState: unknown) {
    super(`database error ${String(errno ?? code)}`);
    this.name = 'MysqlFailure';
    this.errno = errno;
    this.code = code;
    this.sqlState = sqlState;
  }
}
