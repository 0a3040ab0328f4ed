/** The storms of `tests/concurrency_regression.md` that are made of whole commands, each a process of its own. */
import { describe, expect, it } from 'vitest';
import { tablesOf } from '../docs/markdown.ts';
import { counts, hangMs } from '../support/counts.ts';
import { isMissing } from '../support/needs.ts';
import { bins, runtimes } from '../support/repository.ts';
import { startProcess } from '../support/run-process.ts';
import { expectSettled } from './matrix/expect-settled.ts';
import { sampleKernel } from './matrix/kernel-sampler.ts';
import { type MatrixWorld, matrixWorld } from './matrix/matrix-world.ts';
import { readDocument } from './matrix/regression-table.ts';
import { type Asked, change, leaveWork } from './matrix/trigger-kinds.ts';

const storms = tablesOf(readDocument()).find(({ heading }) => heading === 'Storms')?.rows ?? [];

describe.each([
  { dataplane: 'recorded', isSkipped: false },
  { dataplane: 'kernel', isSkipped: isMissing('root', 'nft') },
] as const)('on the $dataplane dataplane', { timeout: hangMs }, ({ dataplane, isSkipped }) => {
  it.skipIf(isSkipped)('ip-up, a panel change and a reconcile at once end where truth is', async () => {
    await using world = await matrixWorld({ dataplane });
    await using sampler = await samplerOf(world);
    await world.stock.fill();
    for (let round = 0; round < 2; round += 1) {
      await leaveWork(world.stock, false);
      const ended = await Promise.all(
        (['ip-up', 'panel', 'timer'] as const).map(async (kind) =>
          command(world, await change(kind, world.stock)),
        ),
      );
      expect(ended.map(({ status }) => status)).toEqual(
        exitsOf('ip-up, panel and reconcile at once', ended.length),
      );
      await expectSettled(world, [], `round ${round}`);
    }
    expect((await sampler?.seen())?.missing ?? []).toEqual([]);
  });
});

// Who joins whom does not depend on the dataplane.
it('many applies that overlap end where truth is, after fewer runs than there were applies', {
  timeout: hangMs,
}, async () => {
  await using world = await matrixWorld({ dataplane: 'recorded' });
  await world.stock.fill();
  const kinds = ['ip-up', 'ip-down', 'panel', 'manual', 'boot'] as const;
  const asked: Asked[] = [];
  for (let place = 0; place < counts.overlappingApplies; place += 1) {
    await world.stock.fill();
    asked.push(await change(kinds[place % kinds.length] ?? 'manual', world.stock));
  }
  const ended = await Promise.all(asked.map((one) => command(world, one)));
  expect(ended.map(({ status }) => status)).toEqual(exitsOf('overlapping applies', ended.length));
  await expectSettled(world, [], 'the storm');
  const runs = await world.context.documents.lastRuns();
  expect(runs.length).toBeLessThan(counts.overlappingApplies);
  const joined = ended.filter(
    ({ stdout }) => (JSON.parse(stdout) as { outcome: string }).outcome === 'joined',
  );
  process.stderr.write(`${ended.length} applies, ${joined.length} of them joined\n`);
});

/** What nobody has to wait for unless two hundred processes share a core that is somebody else's. */
const patience = '10m';

/** The command that a trigger leads to. */
async function command(world: MatrixWorld, { reason, connectionId }: Asked) {
  const connection = connectionId === undefined ? [] : ['--connection', String(connectionId)];
  const asks = ['--reason', reason, ...connection, '--lock-timeout', patience];
  const where = world.lab === undefined ? ['--dataplane', 'recorded'] : ['--netns', world.lab.netns];
  const place = ['--state-dir', world.stateDir, '--database', world.database, ...where, '--json'];
  const call =
    reason === 'timer' ? [bins.reconcile, '--once', '--lock-timeout', patience] : [bins.apply, ...asks];
  return startProcess(runtimes.node, [...call, ...place], { guardMs: 900_000 }).finished;
}

async function samplerOf({ stateDir, lab }: MatrixWorld) {
  return lab === undefined ? undefined : sampleKernel({ stateDir, netns: lab.netns });
}

/** The exit status that the document gives to each process of a storm. */
function exitsOf(storm: string, processes: number): readonly number[] {
  const row = storms.find(([name]) => name === storm);
  if (row === undefined) throw new Error(`the document has no storm "${storm}"`);
  return Array.from({ length: processes }, () => Number(row[2]));
}
