/** Mutations of several processes on one truth, and of processes that are killed in the middle of one. */
import { type MutationOutcome, TagCache } from '@holdfast/mutations';
import { openTruth, type Truth } from '@holdfast/truth-db';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { emptyTask, makeTaskTables, tablesIn } from '../../packages/mutations/src/testing/task-world.ts';
import { counts } from '../support/counts.ts';
import { recordStatements } from '../truth/recorded-statements.ts';
import { type TruthEngine, truthEngines } from '../truth/truth-engine.ts';
import { startTruthScript, type TruthProcess } from '../truth/truth-process.ts';
import { fillKillWorld, restricted, restriction, traceOf, untouched } from './kill-world.ts';
import { editsEach, type StormAnswer } from './storm-facts.ts';

const processes = counts.mutationProcesses;
const writers = 16;
const timeout = 10 * 60_000;

describe.each(truthEngines)('mutations on $name', (engine) => {
  describe.skipIf(engine.isMissing)('of several processes', { timeout }, () => suite(engine));
});

function suite(engine: TruthEngine): void {
  let url: string;
  let truth: Truth;
  const started: TruthProcess[] = [];

  const start = async (...args: readonly string[]) => {
    const child = await startTruthScript('../mutations/mutation-child.ts', url, ...args);
    started.push(child);
    return child;
  };

  beforeAll(() => engine.start());
  afterAll(() => engine.end());

  beforeEach(async () => {
    url = await engine.makeDatabase();
    truth = openTruth(url, { busyTimeoutMs: 60_000 });
  });

  afterEach(async () => {
    for (const one of started.splice(0)) await one.stop();
    await truth.close();
  });

  describe('that want the same', () => {
    let answers: readonly StormAnswer[];
    let stale: readonly object[];

    beforeEach(async () => {
      await makeTaskTables(truth);
      for (const title of ['Milk', 'Bread', 'Rice']) {
        await tablesIn(truth.db)
          .insertInto('task')
          .values({ ...emptyTask, title } as never)
          .execute();
      }
      const each = Math.ceil(writers / processes);
      const share = (place: number) => Math.min(each, writers - place * each);
      const children: TruthProcess[] = [];
      for (let place = 0; place < processes; place += 1) {
        children.push(await start('storm', String(place), String(Math.max(0, share(place)))));
      }
      let isRunning = true;
      const watched = watchCache(truth, () => isRunning);
      const ends = await Promise.all(children.map((child) => child.go()));
      isRunning = false;
      for (const end of ends) expect(end, end.stderr).toMatchObject({ exit: 0 });
      answers = ends.map(({ result }) => result as StormAnswer);
      stale = await watched;
    });

    it('one of the duplicates is applied and all others are replayed, one writer of a version wins, no edit is lost, no read is stale', async () => {
      expectOnce(answers.flatMap(({ duplicates }) => duplicates));
      expectOneWinner(answers.flatMap(({ conflicts }) => conflicts));
      const versions = answers.flatMap((answer) => answer.versions).toSorted((a, b) => a - b);
      const made = processes * editsEach;
      expect(versions).toEqual(Array.from({ length: made }, (_edit, place) => place + 2));
      const rows = await tablesIn(truth.db).selectFrom('task').select('version').orderBy('id').execute();
      expect(rows.map(({ version }) => version)).toEqual([2, 2, made + 1]);
      const receipts = await truth.db.selectFrom('mutation_receipts').select('mutation_id').execute();
      expect(receipts).toHaveLength(2 + made);
      const tag = await truth.db
        .selectFrom('tag_generations')
        .select('generation')
        .where('tag', '=', 'task')
        .executeTakeFirstOrThrow();
      expect(tag.generation).toBe(2 + made);
      expect(stale).toEqual([]);
    });
  });

  describe('that are killed', () => {
    it('leave nothing half done, and a retry of the same id applies once', async () => {
      await fillKillWorld(truth);
      const all = await statementsOfRestriction(engine);
      const places = spread(all + 1, counts.mutationKills);
      let isCommitted = false;
      for (const place of places) {
        const ended = await (await start('die', String(place))).go();
        expect(ended.signal, `before statement ${place} ${ended.stderr}`).toBe('SIGKILL');
        isCommitted = place === all;
        expect(await traceOf(truth), `before statement ${place}`).toEqual(
          isCommitted ? restricted : untouched,
        );
      }
      expect(isCommitted).toBe(true);
      // The last one was killed before it could tell.
      expect(await restriction(truth)).toMatchObject({ kind: 'replayed', resource: { version: 2 } });
      expect(await traceOf(truth)).toEqual(restricted);
    });
  });
}

/** All of `duplicates` are one mutation. */
function expectOnce(duplicates: readonly MutationOutcome[]): void {
  expect(duplicates).toHaveLength(processes * 16);
  const kinds = duplicates.map(({ kind }) => kind).toSorted();
  expect(kinds).toEqual(['applied', ...Array.from({ length: duplicates.length - 1 }, () => 'replayed')]);
  for (const duplicate of duplicates)
    expect(duplicate).toMatchObject({ status: 200, resource: { version: 2 } });
}

/** All of `outcomes` are based on one version. */
function expectOneWinner(outcomes: readonly MutationOutcome[]): void {
  const conflicts = outcomes.filter((outcome) => outcome.kind === 'version-conflict');
  const winners = outcomes.filter((outcome) => outcome.kind === 'applied');
  expect([winners.length, conflicts.length]).toEqual([1, writers - 1]);
  const [winner] = winners;
  for (const { conflict } of conflicts) {
    expect(conflict).toMatchObject({
      sent: { version: 1 },
      current: { version: 2, value: { title: winner?.value?.title } },
      changed: [
        { path: '/title', version: 2, by: { name: `User ${String(winner?.value?.title).split('-')[0]}` } },
      ],
      base: { version: 1, value: { title: 'Bread' } },
    });
  }
}

/** Reads task 3 through a cache while others edit it. @returns reads that were older than what was committed before */
async function watchCache(truth: Truth, isRunning: () => boolean): Promise<readonly object[]> {
  const cache = new TagCache({ truth });
  const stale: object[] = [];
  const versionNow = async () => {
    const tables = tablesIn(truth.db);
    const row = await tables
      .selectFrom('task')
      .select('version')
      .where('id', '=', 3)
      .executeTakeFirstOrThrow();
    return row.version;
  };
  while (isRunning()) {
    const committed = await versionNow();
    const read = await cache.read({ key: 'task 3', view: 'editor', tags: ['task:3'], fill: versionNow });
    if (read < committed) stale.push({ read, committed });
    await new Promise((resolve) => setImmediate(resolve));
  }
  return stale;
}

/** How many statements the restriction has, its begin and its commit included. */
async function statementsOfRestriction(engine: TruthEngine): Promise<number> {
  await using truth = openTruth(await engine.makeDatabase());
  await fillKillWorld(truth);
  const recorded = recordStatements(truth);
  return (await recorded.during(() => restriction(recorded.truth))).length;
}

/** At most `most` of the places 0 to `count - 1`, evenly, the last one among them. */
function spread(count: number, most: number): readonly number[] {
  if (most >= count) return Array.from({ length: count }, (_place, place) => place);
  return Array.from(
    { length: most },
    (_place, place) => count - 1 - Math.floor((place * count) / most),
  ).toReversed();
}
