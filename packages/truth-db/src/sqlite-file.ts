/**
 * A SQLite file as truth: opened private to its owner, in WAL mode, so that readers and the one writer do not wait for
 * each other, and with `synchronous = FULL`: a transaction that was reported as committed survives a power failure.
 *
 * Links are refused when the file is opened. That is a check of a name: who may rename files in the directory can win
 * a race against it, so the directory has to belong to the owner too.
 */
import { closeSync, lstatSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { errnoOf, HoldfastError, isHoldfastError } from '@holdfast/base';
import { sqliteError } from './sqlite-error.ts';

/** Longest time one try may block the event loop, in milliseconds. */
const blockingTimeoutMs = 50;

/**
 * Opens it; `prepareDatabase` has to follow before the first statement, since it may have to wait.
 *
 * @param path - absolute, or relative to the working directory; `:memory:` for a private database without a file
 * @param mayCreate - whether an empty file is created where there is none
 * @throws HoldfastError TARGET_REFUSED - the path is a link or no regular file
 * @throws HoldfastError SCHEMA_MISSING - there is no file, and none may be created
 * @throws HoldfastError DATABASE_UNREACHABLE - missing directory, no permission, or not a database
 */
export function openSqliteFile(path: string, busyTimeoutMs: number, mayCreate: boolean): DatabaseSync {
  const file = path === ':memory:' ? path : resolve(path);
  if (file !== ':memory:' && !isThere(file)) createFile(file, mayCreate);
  return openDatabase(file, Math.min(blockingTimeoutMs, busyTimeoutMs));
}

/** @throws what the driver says, or HoldfastError DATABASE_UNREACHABLE - no write-ahead logging here */
export function prepareDatabase(database: DatabaseSync): void {
  const mode = database.prepare('pragma journal_mode = wal').get()?.journal_mode;
  if (mode !== 'wal' && mode !== 'memory') {
    throw new HoldfastError('DATABASE_UNREACHABLE', 'the database does not take write-ahead logging', {
      details: { mode },
    });
  }
  database.exec('pragma synchronous = full');
}

function openDatabase(file: string, timeoutMs: number): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: timeoutMs, enableForeignKeyConstraints: true });
    database.prepare('pragma schema_version').all();
    return database;
  } catch (error) {
    const wrapped = sqliteError(error);
    // A database that is busy right now is one; the first query waits for it without blocking.
    if (database !== undefined && isHoldfastError(wrapped, 'DATABASE_BUSY')) return database;
    database?.close();
    throw wrapped;
  }
}

function isThere(file: string): boolean {
  const found = attempt(file, () => lstatSync(file, { throwIfNoEntry: false }));
  if (found === undefined || found.isFile()) return found !== undefined;
  throw new HoldfastError('TARGET_REFUSED', `the database ${file} is a link or no regular file`, {
    details: { file },
  });
}

function createFile(file: string, mayCreate: boolean): void {
  if (!mayCreate) {
    attempt(file, () => lstatSync(dirname(file)));
    throw new HoldfastError('SCHEMA_MISSING', `there is no database ${file}`, { details: { file } });
  }
  // The journal files get the mode of this one. A file that exists is never opened here: closing it again would drop
  // the locks that SQLite holds on it in this process.
  attempt(file, () => closeSync(openSync(file, 'wx', 0o600)));
}

function attempt<Result>(file: string, call: () => Result): Result | undefined {
  try {
    return call();
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return undefined; // somebody else was first to create it
    throw new HoldfastError('DATABASE_UNREACHABLE', `the database ${file} cannot be reached or created`, {
      cause: error,
      details: { file },
    });
  }
}
