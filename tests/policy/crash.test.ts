/** Dies at every named step of the sentence and of the effects; the next run converges and says that it rolled forward. */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CycleStep, cycleSteps } from '@holdfast/cycle';
import { readCovered } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { childProgram } from '../support/child-program.ts';
import { isMissing } from '../support/needs.ts';
import { gateway, type PolicyWorld, policyWorld } from '../support/policy-world.ts';
import { repository, runtimes } from '../support/repository.ts';
import { type Finished, runProcess } from '../support/run-process.ts';

type Step = CycleStep | 'tc-add' | 'nft' | 'tc-remove';

const steps: readonly Step[] = [...cycleSteps, 'tc-add', 'nft', 'tc-remove'];

/** From the published intent to its removal at the very end: a run that dies here has to be completed. */
const withIntent: readonly Step[] = [
  'intent',
  'tc-add',
  'nft',
  'tc-remove',
  'written',
  'verified',
  'reported',
];

describe.each([
  { dataplane: 'recorded', isSkipped: false },
  { dataplane: 'kernel', isSkipped: isMissing('root', 'nft') },
] as const)('apply on the $dataplane dataplane', ({ dataplane, isSkipped }) => {
  it.skipIf(isSkipped).each(steps)('that is killed at %s is completed by the next run', async (step) => {
    await using world = await policyWorld({ dataplane });
    const staying = await world.connect(1, 1_000);
    const leaving = await world.connect(2, 2_000);
    expect((await world.run('apply')).report.outcome).toBe('applied');
    // One change of each kind: a class added, one changed, one removed; an address restricted.
    await world.connect(3, 3_000);
    await world.shape(staying, 1_500);
    await world.restrict(staying, true);
    await world.disconnect(leaving);

    const killed = await applyUntil(world, step);
    const next = await world.run('apply');

    expect(killed.signal).toBe('SIGKILL');
    expect({
      status: next.status,
      rolledForward: next.report.rolledForward,
      digest: next.report.digest,
    }).toEqual({
      status: 0,
      rolledForward: withIntent.includes(step),
      digest: await world.digest(),
    });
    expect(await readCovered(world.truth, gateway)).toBe(next.report.trigger);
    const again = await world.run('reconcile', ['--check']);
    expect({ status: again.status, rolledForward: again.report.rolledForward }).toEqual({
      status: 0,
      rolledForward: false,
    });
  });
});

describe('apply', () => {
  it('removes the temporary file of a writer that was killed, and no other', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const runs = join(world.stateDir, 'runs');
    await world.run('apply');
    const fixture = join(repository, 'tests/atomic/writer-fixture.ts');
    await runProcess(runtimes.node, [fixture, 'kill', join(runs, `${gateway}.json`), '6', 'bytes']);
    await writeFile(join(runs, 'notes.tmp'), 'mine');
    const orphans = async () => (await readdir(runs)).filter((name) => name.endsWith('.holdfast-tmp'));
    expect(await orphans()).toHaveLength(1);

    await world.run('apply');

    expect(await orphans()).toEqual([]);
    expect(await readdir(runs)).toContain('notes.tmp');
  });
});

function applyUntil(world: PolicyWorld, step: Step): Promise<Finished> {
  const fixture = join(repository, 'tests/policy/fixtures/apply-until.ts');
  const place = world.lab === undefined ? ['recorded', '-'] : ['kernel', world.lab.netns];
  return runProcess(runtimes.node, [...childProgram(fixture), step, world.stateDir, ...place]);
}
