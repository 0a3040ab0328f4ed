import { migrations } from '@holdfast/migrations';
import {
  addGateway,
  migrate,
  openTruth,
  provisionConnection,
  schemaStatus,
  slotFor,
  type Truth,
} from '@holdfast/truth-db';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { spreadOver } from '../support/some-of.ts';
import { type TruthEngine, truthEngines } from './truth-engine.ts';
import { startTruthProcess, type TruthProcess } from './truth-process.ts';

const at = Date.UTC(2026, 0, 10);
const processes = 4;

const names = migrations.map(({ name }) => name);
const stepCount = migrations.flatMap(({ steps }) => steps).length;

let url: string;
let truth: Truth;
const started: TruthProcess[] = [];

/** Starts the same part in several processes and lets all of them go at once. */
async function together(count: number, ...args: readonly string[]): Promise<unknown[]> {
  const children = await Promise.all(Array.from({ length: count }, () => start(...args)));
  const ends = await Promise.all(children.map((child) => child.go()));
  for (const end of ends) expect(end, end.stderr).toMatchObject({ exit: 0 });
  return ends.map((end) => end.result);
}

async function start(...args: readonly string[]): Promise<TruthProcess> {
  const child = await startTruthProcess(url, ...args);
  started.push(child);
  return child;
}

async function withGateway(): Promise<number> {
  await migrate(truth);
  return truth.transaction(async (trx) => {
    await addGateway(trx, { name: 'gw', layout: 'shared-device', device: 'wg0' });
    return (await provisionConnection(trx, { at })).id;
  });
}

describe.each(truthEngines)('truth on $name', (engine) => {
  describe.skipIf(engine.isMissing)('in several processes', () => suite(engine));
});

function suite(engine: TruthEngine): void {
  beforeAll(() => engine.start());
  afterAll(() => engine.end());

  beforeEach(async () => {
    url = await engine.makeDatabase();
    truth = openTruth(url, { busyTimeoutMs: 30_000 });
  });

  afterEach(async () => {
    for (const one of started.splice(0)) await one.stop();
    await truth.close();
  });

  describe('migrations in several processes', () => {
    it('exactly one of those that migrate an empty database at once applies, the others find nothing to do', async () => {
      const results = await together(processes, 'migrate');
      const applied = results.map((result) => (result as { applied: string[] }).applied);
      expect(applied.toSorted((a, b) => a.length - b.length)).toEqual([
        ...Array.from({ length: processes - 1 }, () => []),
        names,
      ]);
      expect(await schemaStatus(truth)).toEqual({ applied: names, pending: [], unknown: [] });
    });

    it('processes killed before and after every step of the migrations leave what the next one completes', async () => {
      await using untouched = openTruth(await engine.makeDatabase());
      await migrate(untouched);
      // With transactional DDL the places are all alike.
      const all = [...Array(stepCount).keys()];
      const places = spreadOver(all, engine.name === 'SQLite' ? 2 : 8);
      for (const place of places) {
        await dieMigrating(engine, place, 'before');
        await dieMigrating(engine, place, 'after');
      }
      await migrate(truth);
      expect(await schemaStatus(truth)).toEqual({ applied: names, pending: [], unknown: [] });
      expect(await tablesOf(truth)).toEqual(await tablesOf(untouched));
      expect(await withGateway()).toBe(1);
    });
  });

  describe('changes in several processes', () => {
    it('trigger ids follow the order of commits: a reader never sees one appear below the newest', async () => {
      const connection = await withGateway();
      const count = 40;
      let isRunning = true;
      const watcher = watchTriggers(() => isRunning);
      const results = await together(processes, 'trigger', String(connection), String(count));
      isRunning = false;
      const all = (results as number[][]).flat().toSorted((a, b) => a - b);
      expect(all).toEqual(Array.from({ length: processes * count }, (_value, index) => index + 1));
      for (const ids of results as number[][]) expect(ids).toEqual(ids.toSorted((a, b) => a - b));
      const seen = await watcher;
      expect(seen.gaps).toEqual([]);
      const row = await truth.db.selectFrom('vpn_connections').select('version').executeTakeFirstOrThrow();
      expect(row.version).toBe(1 + processes * count);
    });

    it('processes that find a gateway without a counter add it once and count on from each other', async () => {
      const connection = await withGateway();
      await truth.db.deleteFrom('trigger_counters').execute();
      const results = await together(processes, 'trigger', String(connection), '5');
      const all = (results as number[][]).flat().toSorted((a, b) => a - b);
      expect(all).toEqual(Array.from({ length: processes * 5 }, (_value, index) => index + 1));
    });

    it('sessions that are started at once in one shard get each slot once, without a hole', async () => {
      await withGateway();
      const results = await together(processes, 'start', '0', '20');
      const slots = (results as number[][]).flat().toSorted((a, b) => a - b);
      expect(slots).toEqual(Array.from({ length: processes * 20 }, (_value, index) => slotFor(4, index + 1)));
    });

    it('one of those that want the session of a connection at once has it, the others are refused', async () => {
      const connection = await withGateway();
      const results = await together(processes, 'claim', String(connection));
      expect(results.toSorted()).toEqual([
        ...Array.from({ length: processes - 1 }, () => 'LOCK_BUSY'),
        'started',
      ]);
    });

    it('a process killed inside a transaction leaves nothing of it and holds nobody up', async () => {
      await withGateway();
      expect((await (await start('hold')).go()).signal).toBe('SIGKILL');
      await truth.transaction((trx) =>
        addGateway(trx, { name: 'next', layout: 'shared-device', device: 'wg1' }),
      );
      const names = await truth.db.selectFrom('gateways').select('name').orderBy('name').execute();
      expect(names.map((row) => row.name)).toEqual(['gw', 'next']);
    });
  });
}

async function dieMigrating(engine: TruthEngine, place: number, when: string): Promise<void> {
  const ended = await (await start('die-migrating', String(place), when)).go();
  expect(ended.signal, `${place} ${when} ${ended.stderr}`).toBe('SIGKILL');
  const { applied, unknown, unfinished } = await schemaStatus(truth);
  expect(unknown).toEqual([]);
  expect(applied.length).toBeLessThan(names.length);
  if (engine.name === 'SQLite') expect(applied).toEqual([]);
  else expect(names).toContain(unfinished);
}

/** What a schema is made of, as both engines tell it. */
async function tablesOf(of: Truth): Promise<unknown> {
  const tables = await of.db.introspection.getTables();
  return tables
    .map(({ name, columns }) => ({
      name,
      columns: columns.map(({ name: column, dataType }) => [column, dataType]),
    }))
    .filter(({ name }) => name !== 'schema_steps')
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

/** Reads snapshots while the others write. A gap is an id up to the newest that is not there (yet). */
async function watchTriggers(isRunning: () => boolean): Promise<{ readonly gaps: readonly object[] }> {
  const gaps: object[] = [];
  while (isRunning()) {
    const seen = await truth.snapshot(async (trx) => {
      const { last_id: newest } = await trx
        .selectFrom('trigger_counters')
        .select('last_id')
        .executeTakeFirstOrThrow();
      const rows = await trx.selectFrom('policy_triggers').select('id').execute();
      return { newest, count: rows.length };
    });
    if (seen.count !== seen.newest) gaps.push(seen);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { gaps };
}
