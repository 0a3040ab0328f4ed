/**
 * The server's lock functions, every answer of theirs looked at: 1, 0 and NULL are three different things.
 *
 * A wait is one statement, because the server serves its waiters in the order they came and a statement that is repeated
 * begins at the end of the line. It carries who waits, for others to see in the list of processes.
 */
import { hostname } from 'node:os';
import { errnoOf, HoldfastError, type LockParty } from '@holdfast/base';
import type { LockRequest } from '../lock-backend.ts';
import type { MysqlSession } from './mysql-session.ts';

/** Longest limit that is asked for; MariaDB takes a much longer one for none at all. */
const longestWaitMs = 31_536_000_000;
/** Longest purpose that a statement carries. */
const longestPurpose = 200;

/** Takes the lock, if it is free. */
export async function tryLock(session: MysqlSession, name: string, patienceMs: number): Promise<boolean> {
  const [[answer] = []] = await session.rows(`SELECT GET_LOCK('${name}', 0)`, patienceMs);
  return isGranted(answer);
}

/**
 * Takes the lock when it is our turn. MySQL counts its limit in whole seconds, so that the caller has to end the wait.
 *
 * @returns false when the limit passed first
 * @throws HoldfastError LOCK_SERVER - the wait was ended by somebody else
 */
export async function waitForLock(
  session: MysqlSession,
  name: string,
  { waitMs, priority, purpose }: LockRequest,
): Promise<boolean> {
  const seconds = Math.min(waitMs, longestWaitMs) / 1_000;
  const limit = session.isMariaDb ? seconds.toFixed(3) : String(Math.ceil(seconds));
  const waiter = { pid: process.pid, host: hostname(), purpose: purpose?.slice(0, longestPurpose) };
  const note = Buffer.from(JSON.stringify(waiter)).toString('base64url');
  const statement = `SELECT GET_LOCK('${name}', ${limit}) /* ${priority} ${note} */`;
  const [[answer] = []] = await session.rows(statement, Number.POSITIVE_INFINITY);
  return isGranted(answer);
}

/**
 * Gives the lock back.
 *
 * @returns false when it was not ours
 */
export async function releaseLock(session: MysqlSession, name: string, patienceMs: number): Promise<boolean> {
  const statement = `SELECT RELEASE_LOCK('${name}')`;
  const [[answer] = []] = await session.rows(statement, patienceMs).catch((error) => {
    // A wait that was ended by KILL QUERY can leave the kill to the statement behind it.
    if (errnoOf(error) !== 'ER_QUERY_INTERRUPTED') throw error;
    return session.rows(statement, patienceMs);
  });
  return Number(answer) === 1;
}

export interface LockPulse {
  readonly isOurs: boolean;
  /** Whether somebody of at least the priority waits on the server. */
  readonly isContended: boolean;
}

/** Whether the session still has the lock, and whether others want it. */
export async function lockPulse(
  session: MysqlSession,
  name: string,
  { priority }: Pick<LockRequest, 'priority'>,
  patienceMs: number,
): Promise<LockPulse> {
  const rank = priority === 'interactive' ? ' /* interactive ' : '';
  const contended = `EXISTS (SELECT 1 FROM ${waiting(name)} AND INSTR(INFO, '${rank}'))`;
  const query = `SELECT IS_USED_LOCK('${name}') = CONNECTION_ID(), ${contended}`;
  const [[isOurs, isContended] = []] = await session.rows(query, patienceMs);
  return { isOurs: Number(isOurs) === 1, isContended: Number(isContended) === 1 };
}

/** Those who wait for the lock, the first one first: all of this account, and of others where it may see them. */
export async function lockWaiters(
  session: MysqlSession,
  name: string,
  patienceMs: number,
): Promise<readonly LockParty[]> {
  const ageMs = session.isMariaDb ? 'TIME_MS' : 'TIME * 1000';
  const query = `SELECT INFO, ${ageMs} AS age, ID FROM ${waiting(name)} ORDER BY age DESC, ID`;
  const rows = await session.rows(query, patienceMs);
  return rows.map(([info, age, id]) => waitingParty(String(info), Number(age), Number(id)));
}

/** Whether the session is seen to wait, by another one. */
export async function isWaiting(observer: MysqlSession, id: number, patienceMs: number): Promise<boolean> {
  const query = `SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = ${id} AND STATE = 'User lock'`;
  return (await observer.rows(query, patienceMs)).length > 0;
}

function waiting(name: string): string {
  return `information_schema.PROCESSLIST WHERE STATE = 'User lock' AND INSTR(INFO, 'GET_LOCK(''${name}'''  )`;
}

function waitingParty(info: string, sinceMs: number, id: number): LockParty {
  const [, note = ''] = /\/\* (?:interactive|background) ([\w-]+) \*\/$/.exec(info) ?? [];
  const party = noteOf(note);
  return party === undefined ? strangerOf(id, sinceMs) : { ...party, sinceMs };
}

/** A connection whose process is not known to the server. */
export function strangerOf(connectionId: number, sinceMs?: number): LockParty {
  return {
    pid: 0,
    host: 'unknown',
    purpose: `connection ${connectionId} of the lock server`,
    ...(sinceMs === undefined ? {} : { sinceMs }),
  };
}

/** Comments of statements are foreign input. */
function noteOf(note: string): LockParty | undefined {
  try {
    const { pid, host, purpose } = JSON.parse(
      Buffer.from(note, 'base64url').toString(),
    ) as Partial<LockParty>;
    if (!Number.isSafeInteger(pid) || typeof host !== 'string') return undefined;
    return { pid: pid as number, host, ...(typeof purpose === 'string' ? { purpose } : {}) };
  } catch {
    return undefined; // cut off, or not ours
  }
}

function isGranted(answer: unknown): boolean {
  if (answer === null || answer === undefined) {
    throw new HoldfastError('LOCK_SERVER', 'the lock server ended the wait for a lock without an answer', {
      details: { reason: 'NULL' },
    });
  }
  return Number(answer) === 1;
}
