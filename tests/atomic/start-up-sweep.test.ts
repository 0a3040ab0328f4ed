/** The commands sweep the state directory when they start, under the lock, and say what they removed. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownIdentity, type ProcessIdentity } from '@holdfast/base/process-identity';
import { expect, it } from 'vitest';
import { policyWorld } from '../support/policy-world.ts';

it('an apply removes the temps of killed writers, keeps those of living ones, and reports it', async () => {
  await using world = await policyWorld({ dataplane: 'recorded' });
  const directories = [world.stateDir, join(world.stateDir, 'runs'), join(world.stateDir, 'locks')];
  for (const directory of directories) mkdirSync(directory, { recursive: true, mode: 0o700 });
  const dead = directories.map((directory) => plant(directory, { ...ownIdentity(), startTime: '1' }));
  const alive = directories.map((directory) => plant(directory, ownIdentity()));
  const { status, report } = await world.run('apply', ['--reason', 'manual']);
  expect(status).toBe(0);
  expect([dead.map(existsSync), alive.map(existsSync)]).toEqual([
    [false, false, false],
    [true, true, true],
  ]);
  expect(report.warnings).toHaveLength(1);
  for (const path of dead) expect(report.warnings[0]).toContain(path);
  const again = await world.run('apply', ['--reason', 'manual']);
  expect(again.report.warnings).toEqual([]);
});

it('an apply names the temps of writers that it cannot see, and keeps them', async () => {
  await using world = await policyWorld({ dataplane: 'recorded' });
  mkdirSync(join(world.stateDir, 'runs'), { recursive: true, mode: 0o700 });
  const foreign = [
    plant(join(world.stateDir, 'runs'), { ...ownIdentity(), boot: '0123456789ab' }),
    plant(world.stateDir, { ...ownIdentity(), pidNamespace: '1' }),
  ];
  const { status, report } = await world.run('apply', ['--reason', 'manual']);
  expect([status, foreign.map(existsSync)]).toEqual([0, [true, true]]);
  expect(report.warnings).toHaveLength(1);
  for (const path of foreign) expect(report.warnings[0]).toContain(path);
});

function plant(directory: string, owner: ProcessIdentity): string {
  const { boot, pidNamespace, pid, startTime } = owner;
  const name = `.file.${boot}-${pidNamespace}-${pid}-${startTime}.${'0'.repeat(32)}.holdfast-tmp`;
  writeFileSync(join(directory, name), 'half');
  return join(directory, name);
}
