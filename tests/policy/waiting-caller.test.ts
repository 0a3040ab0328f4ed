/** A call that waits: what it leaves when it is killed or refused, and how little it needs when it has nothing to do. */
import { cpSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PolicyReport } from '@holdfast/gateway-policy/command';
import { LockRunner } from '@holdfast/lock-runner';
import { describe, expect, it } from 'vitest';
import { type PolicyWorld, policyWorld } from '../support/policy-world.ts';
import { bins, repository, runtimes } from '../support/repository.ts';
import { startProcess } from '../support/run-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const scope = 'policy:gw1';

/** Each takes a call longer to load than a statement takes truth. */
const heavyModules = [
  'child_process',
  'crypto',
  'dgram',
  'fs/promises',
  'http',
  'perf_hooks',
  'worker_threads',
];

describe('a call that waits for the lock', () => {
  it.each(['node', 'bun'] as const)(
    'and is killed on %s leaves its trigger to the next run',
    async (runtime) => {
      await using world = await policyWorld({ dataplane: 'recorded' });
      await world.connect(1, 5_000);
      const runner = runnerOf(world);
      const held = await runner.acquire(scope, { purpose: 'a test' });
      const call = world.start('apply', ['--reason', 'ip-up', '--connection', '1'], runtime);
      await waiting(runner);
      const [, recorded] = await triggers(world);
      call.child.kill('SIGKILL');
      expect((await call.finished).signal).toBe('SIGKILL');
      await held.release();
      expect(recorded).toMatchObject({ reason: 'ip-up', vpn_connection_id: 1 });

      const { status, report } = await world.run('apply');
      expect(status).toBe(0);
      expect(report).toMatchObject({
        outcome: 'applied',
        trigger: 3,
        covered: 3,
        digest: await world.digest(),
      });
    },
  );

  it('and does not get it names its trigger, which stays', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await using _held = await runnerOf(world).acquire(scope, { purpose: 'a test' });
    const { status, report } = await world.run('apply', ['--lock-timeout', '50ms']);
    expect(status).toBe(75);
    expect(report).toMatchObject({ outcome: 'locked', trigger: 1, error: { code: 'LOCK_BUSY' } });
    expect(await triggers(world)).toHaveLength(1);
  });

  it('joins the run that covered it meanwhile', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const runner = runnerOf(world);
    const held = await runner.acquire(scope, { purpose: 'a test' });
    const call = world.start('apply', ['--json']);
    await waiting(runner);
    await cover(world, 1);
    await held.release();
    const { status, stdout } = await call.finished;
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'joined',
      trigger: 1,
      covered: null,
      backend: 'flock',
    });
  });
});

describe('a bundle without the part that runs', () => {
  it.each(['node', 'bun'] as const)('is enough for a call that joins, on %s', async (runtime) => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await using directory = await temporaryDirectory();
    const command = bundleWithoutRun(directory.path);
    const call = async () => {
      const args = [command, ...world.flags, '--json', '--reason', 'panel'];
      const { status, stdout } = await startProcess(runtimes[runtime], args).finished;
      return { status, report: JSON.parse(stdout) as PolicyReport };
    };

    await cover(world, 1);
    expect(await call()).toMatchObject({ status: 0, report: { outcome: 'joined', trigger: 1 } });
    expect(await call()).toMatchObject({ status: 70, report: { outcome: 'failed', trigger: 2 } });
  });
});

describe('a call that joins', () => {
  it('loads none of the heavy modules of Node', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await using directory = await temporaryDirectory();
    const told = join(directory.path, 'tell-loaded.cjs');
    writeFileSync(told, `process.on('exit', () => console.error(process.moduleLoadList.join('\\n')));`);
    await (await runnerOf(world).acquire(scope, { purpose: 'a test' })).release(); // the directory has its stamp
    await cover(world, 1);
    const args = ['--require', told, bins.apply, ...world.flags, '--json', '--reason', 'panel'];
    const { status, stdout, stderr } = await startProcess(runtimes.node, args).finished;
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'joined' });
    const loaded = stderr.split('\n');
    expect(loaded).toContain('NativeModule sqlite');
    expect(heavyModules.filter((name) => loaded.includes(`NativeModule ${name}`))).toEqual([]);
  });
});

function runnerOf({ stateDir }: PolicyWorld): LockRunner {
  return new LockRunner({ directory: join(stateDir, 'locks') });
}

/** Whoever waits has recorded its trigger. */
async function waiting(runner: LockRunner): Promise<void> {
  await expect
    .poll(async () => (await runner.who(scope)).waiters.length, { timeout: 20_000, interval: 5 })
    .toBe(1);
}

function triggers({ truth }: PolicyWorld) {
  return truth.db.selectFrom('policy_triggers').selectAll().orderBy('id').execute();
}

async function cover({ truth }: PolicyWorld, covered: number): Promise<void> {
  await truth.db.updateTable('gateway_state').set({ covered }).execute();
}

/** @returns the file to start */
function bundleWithoutRun(directory: string): string {
  const built = join(repository, 'apps/policy-apply/dist/bundle');
  const isOfRun = (name: string) => name.startsWith('run-whole-');
  expect(readdirSync(built).filter(isOfRun)).toHaveLength(1);
  for (const name of readdirSync(built)) if (!isOfRun(name)) cpSync(join(built, name), join(directory, name));
  symlinkSync(join(repository, 'node_modules'), join(directory, 'node_modules'));
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  return join(directory, 'main.js');
}
