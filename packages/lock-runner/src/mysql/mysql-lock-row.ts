/**
 * The row of a scope: its newest generation, and who has it. The row is no lock and outlives every hold; what it says of a
 * holder counts only while that connection has the lock. Rows are never deleted: the row is the memory of the scope.
 *
 * A generation is allotted on the connection that has the lock, by one statement that does nothing on any other. So it
 * cannot be had after the lock was lost, nor through a proxy that spreads the statements of one client over connections.
 */
import { hostname } from 'node:os';
import { errnoOf, HoldfastError } from '@holdfast/base';
import type { MysqlSession } from './mysql-session.ts';
import { sqlText } from './mysql-text.ts';

export const lockTable = 'holdfast_locks';

/** So much of a scope is kept, for people; the name decides. */
const longestScope = 255;
const longestPurpose = 400;

const definition = `CREATE TABLE IF NOT EXISTS ${lockTable} (
  name CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  fence BIGINT UNSIGNED NOT NULL,
  scope VARCHAR(${longestScope}) NOT NULL,
  connection_id BIGINT UNSIGNED NOT NULL,
  pid BIGINT UNSIGNED NOT NULL,
  host VARCHAR(255) NOT NULL,
  purpose VARCHAR(${longestPurpose}) NULL,
  since DATETIME(3) NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`;

/**
 * Makes the table of generations when it is missing. The backend does so by itself where its account may; call this from
 * a migration where it may not: then SELECT, INSERT and UPDATE on the table are all it needs.
 *
 * @param connection - of mysql2/promise, to the database that the backend uses
 */
export async function createLockTable(connection: { query(sql: string): Promise<unknown> }): Promise<void> {
  await connection.query(definition);
}

export interface LockClaim {
  readonly name: string;
  readonly scope: string;
  readonly purpose: string | undefined;
  /** The generation becomes greater than this one, whatever the server remembers. */
  readonly floor: number;
}

/**
 * Allots the next generation to the session, and writes down who it is. Makes the table when it is missing.
 *
 * @throws HoldfastError LOCK_SERVER - the session does not have the lock that it was granted
 */
export async function claimLockRow(
  session: MysqlSession,
  claim: LockClaim,
  patienceMs: number,
): Promise<number> {
  const statement = claimStatement(claim);
  const { affectedRows, insertId } = await session.change(statement, patienceMs).catch(async (error) => {
    if (errnoOf(error) !== 'ER_NO_SUCH_TABLE') throw error;
    await createLockTable({ query: (sql) => session.change(sql, patienceMs) });
    return session.change(statement, patienceMs);
  });
  if (affectedRows === 0) {
    throw new HoldfastError(
      'LOCK_SERVER',
      `the lock of ${claim.scope} was granted to another connection than ours: the server is behind a proxy that shares connections`,
      { details: { scope: claim.scope, reason: 'connection shared' } },
    );
  }
  if (Number.isSafeInteger(insertId) && insertId > claim.floor) return insertId;
  throw new HoldfastError('LOCK_SERVER', `the table ${lockTable} holds no generation for ${claim.scope}`, {
    details: { scope: claim.scope, fence: insertId },
  });
}

/** A holder as its row tells it. */
export interface HolderRow {
  readonly pid: number;
  readonly host: string;
  readonly purpose?: string;
  readonly sinceMs: number;
}

export interface LockOwner {
  /** The connection that has the lock. */
  readonly connectionId: number;
  /** Absent when the row is of somebody else: a program that takes the lock by hand writes none. */
  readonly row?: HolderRow;
}

/** Who has the lock; undefined when nobody has. */
export async function lockOwner(
  session: MysqlSession,
  name: string,
  patienceMs: number,
): Promise<LockOwner | undefined> {
  const owner = `SELECT IS_USED_LOCK('${name}') AS owner`;
  const query = `SELECT owner, pid, host, purpose, TIMESTAMPDIFF(MICROSECOND, since, UTC_TIMESTAMP(3)) / 1000
    FROM (${owner}) AS used LEFT JOIN ${lockTable} ON name = '${name}' AND connection_id = owner`;
  const [row = []] = await session.rows(query, patienceMs).catch((error) => {
    if (errnoOf(error) !== 'ER_NO_SUCH_TABLE') throw error;
    return session.rows(owner, patienceMs);
  });
  const [connectionId, pid, host, purpose, sinceMs] = row;
  if (connectionId === null || connectionId === undefined) return undefined;
  if (typeof host !== 'string') return { connectionId: Number(connectionId) };
  return {
    connectionId: Number(connectionId),
    row: {
      pid: Number(pid),
      host,
      ...(typeof purpose === 'string' ? { purpose } : {}),
      sinceMs: Math.max(0, Number(sinceMs)),
    },
  };
}

function claimStatement({ name, scope, purpose, floor }: LockClaim): string {
  const who = {
    scope: sqlText(scope.slice(0, longestScope)),
    connection_id: 'CONNECTION_ID()',
    pid: String(process.pid),
    host: sqlText(hostname()),
    purpose: purpose === undefined ? 'NULL' : sqlText(purpose.slice(0, longestPurpose)),
    since: 'UTC_TIMESTAMP(3)',
  };
  const updates = Object.entries(who).map(([column, value]) => `${column} = ${value}`);
  return `INSERT INTO ${lockTable} (name, fence, ${Object.keys(who).join(', ')})
    SELECT '${name}', LAST_INSERT_ID(${floor} + 1), ${Object.values(who).join(', ')}
    FROM DUAL WHERE IS_USED_LOCK('${name}') = CONNECTION_ID()
    ON DUPLICATE KEY UPDATE fence = LAST_INSERT_ID(GREATEST(${lockTable}.fence, ${floor}) + 1), ${updates.join(', ')}`;
}
