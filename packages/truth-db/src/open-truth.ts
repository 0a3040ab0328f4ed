/**
 * From a database URL to an open truth. Nothing of a URL is repeated in a message: it may hold a password, and a URL
 * that does not parse may hold one anywhere.
 */
import { type Clock, type Log, silentLog, systemClock } from '@holdfast/base';
import { mysqlDialect } from './mysql/mysql-dialect.ts';
import { mysqlEndpoint } from './mysql/mysql-url.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import { Truth } from './truth.ts';
import { isServerUrl, sqlitePath } from './truth-url.ts';

export interface OpenTruthOptions {
  /** How long a query or a transaction goes on trying while another holds the database, in milliseconds; 5000. */
  readonly busyTimeoutMs?: number;
  /** Whether to create an empty database file where there is none; true. A server's database is never created. */
  readonly create?: boolean;
  readonly log?: Log;
  readonly clock?: Clock;
}

/**
 * Opens the truth that `url` names; an empty database file is created 0600. The schema is not touched: see `migrate` and
 * `assertSchema`. A server is not asked before the first statement, which is what then fails.
 *
 * @param url - `sqlite:PATH` with an absolute or relative path, `sqlite::memory:`, or `mysql://USER:PASSWORD@HOST/DATABASE`
 *   with options (`mysql-url.ts`); `mariadb://` means the same
 * @throws HoldfastError CONFIG_INVALID - not such a URL
 * @throws HoldfastError TARGET_REFUSED - the path is a link or no regular file
 * @throws HoldfastError SCHEMA_MISSING - there is no such file, and none may be created
 * @throws HoldfastError DATABASE_UNREACHABLE - missing directory, no permission, or not a database
 */
export function openTruth(url: string, options: OpenTruthOptions = {}): Truth {
  const { busyTimeoutMs = 5_000, create: mayCreate = true, log = silentLog, clock = systemClock } = options;
  const budget = { busyTimeoutMs, clock, log };
  if (isServerUrl(url)) return new Truth(mysqlDialect(mysqlEndpoint(url), budget));
  return new Truth(sqliteDialect(sqlitePath(url), budget, mayCreate));
}
