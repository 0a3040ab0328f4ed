/** Many processes that want the session of one connection, and what has to be true of it afterwards, on any database. */
import {
  addGateway,
  expireSessions,
  migrate,
  provisionConnection,
  readGatewaySnapshot,
  type Truth,
} from '@holdfast/truth-db';
import { expect } from 'vitest';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { startTruthScript } from './truth-process.ts';

interface Found {
  readonly tokens: readonly string[];
  readonly begun: number;
  readonly takenOver: number;
  readonly busy: number;
  /** How often somebody else held it too. */
  readonly seconds: number;
  readonly unexpected: readonly string[];
}

export interface SessionStorm {
  /** How the processes reach the database, and an empty one it has to be. */
  readonly url: string;
  readonly truth: Truth;
  readonly processes: number;
  /** Acquisitions of each process. */
  readonly acquisitions: number;
}

export async function expectOneHolder({ url, truth, processes, acquisitions }: SessionStorm): Promise<void> {
  await using directory = await temporaryDirectory();
  const id = await prepare(truth);
  const args = [url, String(id), String(acquisitions), directory.path];
  const children = await Promise.all(
    Array.from({ length: processes }, () => startTruthScript('session-child.ts', ...args)),
  );
  try {
    const ends = await Promise.all(children.map((child) => child.go()));
    for (const end of ends) expect(end, end.stderr).toMatchObject({ exit: 0 });
    const found = ends.map((end) => end.result as Found);
    expect(found.flatMap(({ unexpected }) => unexpected)).toEqual([]);
    expect(sum(found.map(({ seconds }) => seconds))).toBe(0);
    await compareRows(truth, id, found);
  } finally {
    for (const child of children) await child.stop();
  }
}

async function prepare(truth: Truth): Promise<number> {
  await migrate(truth);
  return truth.transaction(async (trx) => {
    await addGateway(trx, { name: 'gw', layout: 'shared-device', device: 'wg0' });
    return (await provisionConnection(trx, { at: Date.now() })).id;
  });
}

/** Each grant has ended exactly once, and each change that a gateway follows has its trigger. */
async function compareRows(truth: Truth, id: number, found: readonly Found[]): Promise<void> {
  await truth.transaction((trx) => expireSessions(trx, { at: Date.now() + 3_600_000 }));
  const ended = await truth.db.selectFrom('released_sessions').select('holder_token').execute();
  const granted = found.flatMap(({ tokens }) => tokens);
  expect(ended.map((row) => row.holder_token).toSorted()).toEqual(granted.toSorted());
  const locks = await truth.db
    .selectFrom('active_session_locks')
    .select(['vpn_connection_id', 'state'])
    .execute();
  expect(locks).toEqual([{ vpn_connection_id: id, state: 'released' }]);
  const triggers = await truth.db.selectFrom('policy_triggers').select('id').orderBy('id').execute();
  const expected = 2 * sum(found.map(({ begun }) => begun));
  expect(triggers.map((row) => row.id)).toEqual(
    Array.from({ length: expected }, (_value, index) => index + 1),
  );
  expect((await readGatewaySnapshot(truth, 'gw', Date.now()))?.newestTrigger).toBe(expected);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
