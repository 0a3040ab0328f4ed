import { addGateway, migrate, openTruth, provisionConnection, type Truth } from '@holdfast/truth-db';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { counts } from '../support/counts.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { truthEngines } from './truth-engine.ts';
import { startTruthScript } from './truth-process.ts';

interface Found {
  readonly granted: number;
  readonly busy: number;
  readonly begun: number;
  readonly seconds: number;
  readonly tokens: readonly string[];
  readonly unexpected: readonly string[];
}

/** That all processes want, and more of which each has its own. */
const sharedConnections = 20;
const ownConnections = 20;
const processes = 4;
const testTimeout = 30 * 60_000;

describe.for(truthEngines)('batches of logins of several processes on $name', (engine) => {
  if (engine.isMissing) return;
  beforeAll(() => engine.start());
  afterAll(() => engine.end());

  it('never give one session to two, and meet no deadlock', { timeout: testTimeout }, async () => {
    const url = await engine.makeDatabase();
    await using truth = openTruth(url, { busyTimeoutMs: 60_000 });
    await using directory = await temporaryDirectory();
    const { shared, own } = await prepare(truth);
    const deadlocks = await deadlocksOf(truth);
    const args = [url, String(counts.loginBatches), directory.path, shared.join()];
    const children = await Promise.all(
      own.map((ids) => startTruthScript('batch-child.ts', ...args, ids.join())),
    );
    try {
      const ends = await Promise.all(children.map((child) => child.go()));
      for (const end of ends) expect(end, end.stderr).toMatchObject({ exit: 0 });
      await compare(
        truth,
        ends.map((end) => end.result as Found),
      );
      expect((await deadlocksOf(truth)) - deadlocks).toBe(0);
    } finally {
      for (const child of children) await child.stop();
    }
  });
});

interface Connections {
  readonly shared: readonly number[];
  /** Of each process; they lie between each other. */
  readonly own: readonly (readonly number[])[];
}

async function prepare(truth: Truth): Promise<Connections> {
  await migrate(truth);
  return truth.transaction(async (trx) => {
    await addGateway(trx, { name: 'gw', layout: 'shared-device', device: 'wg0' });
    const provision = async () => (await provisionConnection(trx, { at: Date.now() })).id;
    const shared: number[] = [];
    while (shared.length < sharedConnections) shared.push(await provision());
    const own = Array.from({ length: processes }, (): number[] => []);
    for (let round = 0; round < ownConnections; round += 1)
      for (const ids of own) ids.push(await provision());
    return { shared, own };
  });
}

/** Each grant has ended exactly once, and each session that began has left its two triggers. */
async function compare(truth: Truth, found: readonly Found[]): Promise<void> {
  expect(found.flatMap(({ unexpected }) => unexpected)).toEqual([]);
  expect(found.map(({ seconds }) => seconds)).toEqual(found.map(() => 0));
  expect(sum(found.map(({ busy }) => busy))).toBeGreaterThan(0);
  const ended = await truth.db.selectFrom('released_sessions').select('holder_token').execute();
  expect(ended.map((row) => row.holder_token).toSorted()).toEqual(
    found.flatMap(({ tokens }) => tokens).toSorted(),
  );
  const held = truth.db.selectFrom('active_session_locks').select('id').where('state', '=', 'held');
  expect(await held.execute()).toEqual([]);
  const triggers = await truth.db.selectFrom('policy_triggers').select('id').execute();
  expect(triggers).toHaveLength(2 * sum(found.map(({ begun }) => begun)));
}

/** How many the server has met; SQLite has none. */
async function deadlocksOf(truth: Truth): Promise<number> {
  if (truth.dialect.engine === 'sqlite') return 0;
  const { rows } = await sql<{ Value: string }>`show global status like 'Innodb_deadlocks'`.execute(truth.db);
  return Number(rows[0]?.Value);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
