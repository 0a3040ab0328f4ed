/**
 * A run whose lock file is removed under it: from then on somebody else may be the writer, so nothing more is written, nothing
 * is taken back, and nothing is claimed.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CycleStep } from '@holdfast/cycle';
import type { DataplaneStep } from '@holdfast/gateway-policy';
import { openPolicyContext, runPolicy } from '@holdfast/gateway-policy/command';
import { readCovered } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';
import { labDevice } from '../support/network-lab.ts';
import { gateway, type PolicyWorld, policyWorld } from '../support/policy-world.ts';

type Step = CycleStep | DataplaneStep;

describe.skipIf(isMissing('root', 'nft'))('a run that loses its lock file', () => {
  it('before its first effect changes nothing', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    await world.connect(1, 1_000);
    const { error } = await runLosing(world, 'intent');
    expect(error?.code).toBe('LOCK_LOST');
    expect(classesOf(world)).toEqual([]);
  });

  it('between two effects stops there and takes nothing back', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    await world.connect(1, 1_000);
    await world.run('apply');
    await world.connect(2, 2_000);

    const { error, steps } = await runLosing(world, 'tc-add');

    expect(error?.code).toBe('LOCK_LOST');
    expect(steps).not.toContain('nft');
    // The class that was added may be the next writer's by now; unused it harms nobody.
    expect(classesOf(world)).toEqual(['1Mbit', '2Mbit']);
    expect((await world.run('apply')).report).toMatchObject({ outcome: 'applied', rolledForward: true });
  });

  it('after its effects does not publish that they are live', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    await world.connect(1, 1_000);
    const { error } = await runLosing(world, 'verified');
    expect(error?.code).toBe('LOCK_LOST');
    expect(await readCovered(world.truth, gateway)).toBe(0);
  });
});

async function runLosing(world: PolicyWorld, at: Step) {
  await using context = await openPolicyContext({
    stateDir: world.stateDir,
    database: undefined,
    gateway: undefined,
    dataplane: 'kernel',
    netns: world.lab?.netns,
    device: undefined,
    observer: {},
  });
  const steps: Step[] = [];
  const result = await runPolicy(context, {
    reason: 'manual',
    mode: 'apply',
    waitMs: 0,
    force: false,
    purpose: 'a test that loses its lock',
    signal: new AbortController().signal,
    onStep: async (step) => {
      steps.push(step);
      if (step === at) await removeLockFiles(join(world.stateDir, 'locks'));
    },
  });
  return { ...result, steps };
}

async function removeLockFiles(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.lock'));
  for (const name of names) await rm(join(directory, name));
}

/** Rates of the session classes, sorted; the shards have no such rates. */
function classesOf({ lab }: PolicyWorld): readonly string[] {
  const shown = lab?.run('tc', 'class', 'show', 'dev', labDevice) ?? '';
  return [...shown.matchAll(/ rate (\d+Mbit) /g)].map(([, rate = '']) => rate).toSorted();
}
