/**
 * The database server is killed at a step of a run and starts again while another waits: whatever the runs end with, they say so,
 * and the next one leaves gateway and truth equal.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tablesOf } from '../docs/markdown.ts';
import { counts, hangMs } from '../support/counts.ts';
import { type MariadbServer, startMariadbServer } from '../support/mariadb-server.ts';
import { emptyDatabase } from '../support/mariadb-truth.ts';
import { isMissing } from '../support/needs.ts';
import { expectSettled } from './matrix/expect-settled.ts';
import { matrixSteps } from './matrix/matrix-steps.ts';
import { type MatrixWorld, matrixWorld, openMatrixContext } from './matrix/matrix-world.ts';
import { readDocument } from './matrix/regression-table.ts';
import { patienceMs } from './matrix/situation.ts';
import { matrixSeed } from './matrix/situations.ts';
import { type EndedRun, type Step, steppedRun } from './matrix/stepped-run.ts';
import { change, leaveWork } from './matrix/trigger-kinds.ts';

const storm = tablesOf(readDocument())
  .flatMap(({ rows }) => rows)
  .find(([name]) => name === 'database restarted');
const exits = (storm?.[2] ?? '').split(',').map(Number);

describe.skipIf(isMissing('mariadb'))('a run whose database is restarted', { timeout: hangMs }, () => {
  let server: MariadbServer;
  let world: MatrixWorld;

  beforeAll(async () => {
    server = await startMariadbServer({ isDurable: true });
    world = await matrixWorld({ dataplane: 'recorded', database: await emptyDatabase(server) });
  });

  afterAll(async () => {
    await world?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  it.each(stepsToTry())('at %s ends as it may, and the next one makes all of it right', async (step) => {
    await fillAndApply(world);
    await leaveWork(world.stock, true);
    const asked = await change('ip-up', world.stock);
    const other = await change('panel', world.stock);
    await using second = (await openMatrixContext({ ...world, netns: undefined })).context;
    const stopped = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const first = runOf(world, asked, 'the first', async (reached) => {
      if (reached !== step) return;
      stopped.resolve();
      await gate.promise;
    });
    const early = first.then(({ steps, exit }) => {
      throw new Error(`the first run ended with ${exit} before ${step}, after ${steps.join(', ')}`);
    });
    await Promise.race([stopped.promise, early]);
    early.catch(() => undefined); // from here on it may end
    const waiting = steppedRun({
      context: second,
      memory: world.memory,
      asked: other,
      waitMs: patienceMs,
      holder: 'the other',
    });
    await server.kill();
    const up = server.start();
    gate.resolve();
    await up;
    const ended = await Promise.all([first, waiting]);
    expect(exits, `exits ${ended.map(({ exit }) => exit)}`).toEqual(
      expect.arrayContaining(ended.map(({ exit }) => exit)),
    );

    const next = await runOf(world, { reason: 'manual', hasMemory: false }, 'the next');
    expect(next).toMatchObject({ exit: 0 });
    await expectSettled(
      world,
      [...ended, next].flatMap(({ holds }) => holds),
      `restarted at ${step}`,
    );
  });
});

/** What ends in a situation has to be live before, or no step takes it away. */
async function fillAndApply(world: MatrixWorld): Promise<void> {
  if (!(await world.stock.fill())) return;
  const filled = await runOf(world, { reason: 'manual', hasMemory: false }, 'the one before');
  expect(filled).toMatchObject({ exit: 0 });
}

function runOf(
  { context, memory }: MatrixWorld,
  asked: Parameters<typeof steppedRun>[0]['asked'],
  holder: string,
  onStep?: (step: Step) => Promise<void>,
): Promise<EndedRun> {
  const run = { context, memory, asked, waitMs: patienceMs, holder };
  return steppedRun(onStep === undefined ? run : { ...run, onStep });
}

/** Some of all steps, other ones with each seed. */
function stepsToTry(): readonly Step[] {
  const count = Math.min(counts.databaseRestarts, matrixSteps.length);
  return Array.from({ length: count }, (_, place) => {
    const at = (matrixSeed + Math.floor((place * matrixSteps.length) / count)) % matrixSteps.length;
    return matrixSteps[at] ?? 'truth';
  });
}
