/**
 * A run that is killed at each of its steps while others come, as `tests/concurrency_regression.md` has it: whoever comes next
 * completes what is half done, and says so exactly when there was something to complete.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { counts, hangMs } from '../support/counts.ts';
import { isMissing } from '../support/needs.ts';
import { type Actor, startActor } from './matrix/actor-process.ts';
import { expectSettled } from './matrix/expect-settled.ts';
import { type KernelSampler, sampleKernel } from './matrix/kernel-sampler.ts';
import { matrixSteps } from './matrix/matrix-steps.ts';
import { type MatrixWorld, matrixWorld } from './matrix/matrix-world.ts';
import { regressionTables } from './matrix/regression-table.ts';
import { happen, patienceMs } from './matrix/situation.ts';
import { chosen, matrixSeed, situationsOf } from './matrix/situations.ts';

const killed = situationsOf(regressionTables().killed, matrixSteps, 1);

describe.each([
  { dataplane: 'recorded', isSkipped: false, most: counts.matrixCrashes },
  { dataplane: 'kernel', isSkipped: isMissing('root', 'nft'), most: counts.matrixKernelCrashes },
] as const)('on the $dataplane dataplane', ({ dataplane, isSkipped, most }) => {
  describe.skipIf(isSkipped)('a run that is killed', { timeout: hangMs }, () => {
    let world: MatrixWorld;
    let next: Promise<Actor>;
    let sampler: KernelSampler | undefined;
    const actorOf = () => startActor({ ...world, netns: world.lab?.netns });

    beforeAll(async () => {
      world = await matrixWorld({ dataplane });
      next = actorOf();
      const netns = world.lab?.netns;
      if (netns !== undefined) sampler = await sampleKernel({ stateDir: world.stateDir, netns });
    });

    afterAll(async () => {
      await sampler?.[Symbol.asyncDispose]();
      await (await next)[Symbol.asyncDispose]();
      await world?.[Symbol.asyncDispose]();
    });

    it.each(
      chosen(killed, matrixSeed, most).map((situation) => ({
        ...situation,
        of: situation.runs.join(' beside '),
      })),
    )('($of) at $step is completed by the one that came', async ({ runs, step, row, of }) => {
      const actor = await next;
      next = actorOf(); // while the row runs: a process takes its time to start
      const { others } = await happen(world, { runs, step, waitMs: patienceMs, isKilled: true }, actor);
      const [other] = others;
      expect(row.ends[0], `${of} at ${step}`).toContain(other?.report.outcome);
      const rollsForward = other?.report.rolledForward === true ? 'yes' : 'no';
      expect({ exit: other?.exit, rollsForward }).toEqual({ exit: 0, rollsForward: row.word });
      await expectSettled(world, other?.holds ?? [], `${of} at ${step}`);
    });

    if (dataplane === 'kernel') {
      it('leaves no address that points to a class that is missing', async () => {
        expect(await sampler?.seen()).toMatchObject({ missing: [] });
      });
    }
  });
});
