/**
 * The matrix of parallel triggers, read from `tests/concurrency_regression.md`: every row is run, each for some of the
 * situations that it stands for, in a soak for all.
 */
import { policyTriggerKinds } from '@holdfast/gateway-policy/command';
import { readCovered, readNewestTrigger } from '@holdfast/truth-db';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { priorityOf } from '../../packages/gateway-policy/src/command/policy-trigger.ts';
import { counts, hangMs } from '../support/counts.ts';
import { isMissing } from '../support/needs.ts';
import { gateway } from '../support/policy-world.ts';
import { type Actor, startActor } from './matrix/actor-process.ts';
import { expectSettled } from './matrix/expect-settled.ts';
import { type KernelSampler, sampleKernel } from './matrix/kernel-sampler.ts';
import { matrixSteps } from './matrix/matrix-steps.ts';
import { type MatrixWorld, matrixWorld } from './matrix/matrix-world.ts';
import { readDocument, regressionTables, rowFor } from './matrix/regression-table.ts';
import { type Ended, happen, patienceMs } from './matrix/situation.ts';
import { chosen, type ExpectedSituation, matrixSeed, situationsOf } from './matrix/situations.ts';
import { matrixKinds } from './matrix/trigger-kinds.ts';

const tables = regressionTables();
const pairs = situationsOf(tables.pairs, matrixSteps, 1);
const triples = situationsOf(tables.triples, matrixSteps, 2);
const noTime = situationsOf(tables.noTime, matrixSteps, 1);

describe('tests/concurrency_regression.md', () => {
  it('names every kind of trigger, and the way of the spool, with ticket and priority', () => {
    const asked = [...policyTriggerKinds, 'recorded'] as const;
    const known = asked.map((kind) => {
      const priority = priorityOf({ kind, scope: 'policy:gw1' });
      return { kind: kind as string, hasTicket: priority === 'interactive', priority };
    });
    const recorded = known.find(({ kind }) => kind === 'recorded');
    expect(tables.kinds).toEqual(expect.arrayContaining([...known, { ...recorded, kind: 'hook' }]));
    expect(tables.kinds.map(({ kind }) => kind)).toEqual(Object.keys(matrixKinds));
    expect(tables.kinds).toHaveLength(known.length + 1);
  });

  it('names every step in the order in which they come', () => {
    expect(tables.steps.map(({ step }) => step)).toEqual(matrixSteps);
  });

  it.each([
    ['a kind that is unknown', '| asking | `locked` | asking |', '| `cron` | `locked` | asking |'],
    ['a step that is unknown', '| asking | `locked` | asking |', '| any | `lokced` | asking |'],
    ['an end that is unknown', '`joined` | no | `applied` |', '`merged` | no | `applied` |'],
    ['a word that is unknown', '`joined` | no | `applied` |', '`joined` | perhaps | `applied` |'],
    ['more in a cell than a list', '| asking | `locked` | asking |', '| any | `locked` | asking, but |'],
    ['a cell too many', '`joined` | no | `applied` |', '`joined` | no | `applied` | |'],
  ])('is refused with %s', (_what, from, to) => {
    const text = readDocument();
    expect(text).toContain(from);
    expect(() => regressionTables(text.replace(from, to))).toThrow();
  });

  it('has one row for each situation, and is refused when one is missing or there twice', () => {
    const [row, ...others] = tables.pairs;
    if (row === undefined) throw new Error('there are rows');
    const runs = ['panel', 'panel'] as const;
    expect(rowFor(tables.pairs, runs, 'planned')).toBe(row);
    expect(() => rowFor(others, runs, 'planned')).toThrow('no row');
    expect(() => rowFor([row, ...tables.pairs], runs, 'planned')).toThrow('Pairs 1 and Pairs 1');
  });
});

describe.each([
  { dataplane: 'recorded', isSkipped: false, most: counts.matrixSituations },
  { dataplane: 'kernel', isSkipped: isMissing('root', 'nft'), most: counts.matrixKernelSituations },
] as const)('on the $dataplane dataplane', ({ dataplane, isSkipped, most }) => {
  describe.skipIf(isSkipped)('triggers that come together', { timeout: hangMs }, () => {
    let world: MatrixWorld;
    let actor: Actor;
    let sampler: KernelSampler | undefined;

    beforeAll(async () => {
      world = await matrixWorld({ dataplane });
      const netns = world.lab?.netns;
      actor = await startActor({ ...world, netns });
      if (netns !== undefined) sampler = await sampleKernel({ stateDir: world.stateDir, netns });
    });

    afterAll(async () => {
      await sampler?.[Symbol.asyncDispose]();
      await actor?.[Symbol.asyncDispose]();
      await world?.[Symbol.asyncDispose]();
    });

    const newestTrigger = () => readNewestTrigger(world.truth, gateway);
    const coveredTrigger = () => readCovered(world.truth, gateway);
    const expectSettledAfter = async ({ first, others }: Ended, situation: ExpectedSituation) => {
      const holds = [first, ...others].flatMap((ended) => ended?.holds ?? []);
      await expectSettled(world, holds, whatOf(situation));
    };
    const actorFor = ({ runs: [first] }: ExpectedSituation) => (first === 'timer' ? actor : undefined);

    it.each(byRow(chosen(pairs, matrixSeed, most)))('as a pair end as row $name says', async ({ some }) => {
      for (const situation of some) {
        const ended = await happen(world, { ...situation, waitMs: patienceMs }, actorFor(situation));
        expectEnds(ended, situation);
        expectGivesWay(ended, situation);
        expectReadings(ended, situation);
        await expectSettledAfter(ended, situation);
      }
    });

    it.each(byRow(chosen(triples, matrixSeed, most)))(
      'as a triple end as row $name says',
      async ({ some }) => {
        for (const situation of some) {
          const ended = await happen(world, { ...situation, waitMs: patienceMs }, actorFor(situation));
          expectEnds(ended, situation);
          await expectSettledAfter(ended, situation);
        }
      },
    );

    it.each(byRow(chosen(noTime, matrixSeed, most / 2)))(
      'without time to wait end as row $name says',
      async ({ some }) => {
        for (const situation of some) {
          const ended = await happen(world, { ...situation, waitMs: 0 }, actorFor(situation));
          expectEnds(ended, situation);
          const missing = (await newestTrigger()) - (await coveredTrigger());
          if (situation.row.word !== 'the next run') expect(missing, whatOf(situation)).toBe(0);
          await lookForDrift(actor);
          await expectSettledAfter(ended, situation);
        }
      },
    );

    if (dataplane === 'kernel') {
      it('never let an address point to a class that was missing', async () => {
        const nothing = { looks: 0, pointers: 0, missing: [] };
        const { looks, pointers, missing } = (await sampler?.seen()) ?? nothing;
        expect(missing).toEqual([]);
        expect(Math.min(looks, pointers)).toBeGreaterThan(0);
      });
    }
  });
});

/** The situations by their row, in the order of the table. */
function byRow(situations: readonly ExpectedSituation[]) {
  const rows = Map.groupBy(situations, ({ row }) => row.name);
  return [...rows]
    .map(([name, some]) => ({ name, some }))
    .toSorted((one, other) => one.name.localeCompare(other.name, 'en', { numeric: true }));
}

function expectEnds({ first, others }: Ended, { row, runs, step }: ExpectedSituation): void {
  const ends = [first, ...others].map((ended) => ended?.report.outcome ?? 'killed');
  const what = whatOf({ runs, step });
  for (const [place, end] of ends.entries()) {
    expect(row.ends[place], `${what}: ${ends.join(', ')}, no. ${place + 1}`).toContain(end);
  }
  const exits = [first, ...others].map((ended) => ended?.exit);
  expect(exits, what).toEqual(ends.map((end) => tables.exits.get(end)));
}

function expectGivesWay({ first }: Ended, situation: ExpectedSituation): void {
  const yields = first?.report.yields ?? 0;
  expect(yields > 0 ? 'yes' : 'no', `${whatOf(situation)}: gives way`).toBe(situation.row.word);
}

/** A run that remembers reads what changed alone, unless somebody has written since: also without an end that tells so. */
function expectReadings({ first, others, readings }: Ended, situation: ExpectedSituation): void {
  const [kind, other = ''] = situation.runs;
  const hasRead = tables.steps.some(({ step, hasRead: has }) => has && step === situation.step);
  if (remembering.includes(kind) && hasRead) {
    expect(readings.untilStop, `${whatOf(situation)}: readings of the first`).toBe(0);
  }
  if (first !== undefined && first.report.yields > 0 && remembering.includes(other)) {
    const isApplied = others[0]?.report.outcome === 'applied';
    expect(readings.afterwards > 0, `${whatOf(situation)}: the other reads everything`).toBe(isApplied);
  }
}

const remembering: readonly string[] = ['recorded', 'hook'];

/** The run that is due anyway: by the process of the daemon. */
async function lookForDrift(actor: Actor): Promise<void> {
  actor.tell({ run: { asked: { reason: 'timer', hasMemory: false }, waitMs: patienceMs } });
  const answer = await actor.hear();
  expect(answer).toMatchObject({ ran: { exit: 0 } });
}

function whatOf({ runs, step }: Pick<ExpectedSituation, 'runs' | 'step'>): string {
  return `${runs.join(', ')} at ${step}`;
}
