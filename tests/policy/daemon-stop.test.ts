/** The daemon ends when it is asked to, with nothing half done; asked twice, or for too long, it ends at once. */
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCovered } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { childProgram } from '../support/child-program.ts';
import { type DaemonProcess, daemonOf, startDaemon } from '../support/daemon-process.ts';
import { isMissing } from '../support/needs.ts';
import { gateway, type PolicyWorld, policyWorld } from '../support/policy-world.ts';
import { repository, runtimes } from '../support/repository.ts';
import { startProcess } from '../support/run-process.ts';

const intent = (world: PolicyWorld) => join(world.stateDir, 'runs', `${gateway}.intent.json`);

describe.each(['node', 'bun'] as const)('a daemon on %s', (runtime) => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'that gets %s in the middle of a run ends it first',
    async (signal) => {
      await using world = await policyWorld({ dataplane: 'recorded' });
      await world.connect(1, 1_000);
      await using daemon = await heldDaemon(world, 'intent', { runtime });
      await daemon.reached('intent');
      expect(existsSync(intent(world))).toBe(true);

      daemon.child.kill(signal);
      const stopping = await daemon.readiness(({ body }) => body.reasons.includes('the daemon is stopping'));
      expect(stopping.status).toBe(503);
      await daemon.letGo();
      const { status } = await daemon.finished;

      expect(status).toBe(0);
      expect(existsSync(intent(world))).toBe(false);
      expect(await readCovered(world.truth, gateway)).toBe(1);
      expect((await world.run('reconcile', ['--check'])).report.outcome).toBe('unchanged');
    },
  );
});

describe.skipIf(isMissing('root', 'nft'))('a daemon on the kernel', () => {
  it('that gets SIGTERM in the middle of a run leaves what truth says', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    await world.connect(1, 1_000);
    await using daemon = await heldDaemon(world, 'nft');
    await daemon.reached('nft');
    daemon.child.kill('SIGTERM');
    await daemon.letGo();
    expect((await daemon.finished).status).toBe(0);
    const checked = await world.run('reconcile', ['--check']);
    expect(checked.report).toMatchObject({ outcome: 'unchanged', rolledForward: false });
  });
});

describe('a daemon in the middle of a run', () => {
  it('that is asked twice ends at once; the next run completes what it had begun', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await world.connect(1, 1_000);
    await using daemon = await heldDaemon(world, 'intent');
    await daemon.reached('intent');
    daemon.child.kill('SIGTERM');
    await daemon.readiness(({ body }) => body.reasons.includes('the daemon is stopping'));
    daemon.child.kill('SIGTERM');
    expect((await daemon.finished).status).toBe(143);
    expect((await world.run('reconcile')).report.rolledForward).toBe(true);
  });

  it('that does not end within the limit of the drain is cut short', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await world.connect(1, 1_000);
    await using daemon = await heldDaemon(world, 'intent', { drainMs: 100 });
    await daemon.reached('intent');
    daemon.child.kill('SIGTERM');
    const { status, stderr } = await daemon.finished;
    expect(status).toBe(143);
    expect(stderr).toContain('warning: ');
    expect((await world.run('reconcile')).report.rolledForward).toBe(true);
  });

  it('that does not move on is not alive', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await world.connect(1, 1_000);
    await using daemon = await heldDaemon(world, 'diffed', { stepLimitMs: 50 });
    await daemon.reached('diffed');
    let health = await daemon.ask('/healthz');
    while (health?.status !== 503) health = await daemon.ask('/healthz');
    expect(health.body).toMatchObject({ status: 'failing', phase: 'after diffed' });
    await daemon.letGo();
    await daemon.reported(({ outcome }) => outcome === 'applied');
    while ((await daemon.ask('/healthz'))?.status !== 200);
  });

  it('takes a trigger that is recorded meanwhile for being covered, and covers it', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await using daemon = await heldDaemon(world, 'verified');
    await daemon.reached('verified');
    for (let host = 1; host <= 20; host += 1) await world.connect(host, 1_000);
    await daemon.readiness(({ body }) => body.newest === 20 && body.isRunning === true);
    await daemon.letGo();
    await daemon.reported(({ covered }) => covered === 20);
    // One run for the twenty.
    expect(daemon.reports.map(({ covered }) => covered)).toEqual([0, 20]);
    const { body } = await daemon.readiness(({ status }) => status === 200);
    expect(body).toMatchObject({ newest: 20, covered: 20, isRunning: false });
  });
});

describe('a daemon that rests', () => {
  it.each(['node', 'bun'] as const)('ends at once with 0 on %s', async (runtime) => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await using daemon = startDaemon(world, ['--interval', '1h'], { runtime });
    await daemon.reported(({ outcome }) => outcome === 'applied');
    expect((await daemon.stop()).status).toBe(0);
    expect(existsSync(join(world.stateDir, 'daemon.sock'))).toBe(false);
  });
});

interface HeldDaemon extends DaemonProcess {
  /** Resolves when the daemon has told this step. */
  reached(step: string): Promise<void>;
  /** Takes the brake away, for good. */
  letGo(): Promise<void>;
}

interface HeldOptions {
  readonly runtime?: keyof typeof runtimes;
  readonly drainMs?: number;
  readonly stepLimitMs?: number;
}

async function heldDaemon(world: PolicyWorld, step: string, options: HeldOptions = {}): Promise<HeldDaemon> {
  const { runtime = 'node', drainMs = 30_000, stepLimitMs = 300_000 } = options;
  const [brake, socket] = [join(world.stateDir, 'brake'), join(world.stateDir, 'daemon.sock')];
  await writeFile(brake, '');
  const fixture = join(repository, 'tests/policy/fixtures/daemon-held.ts');
  const flags = [...world.flags, '--watch', '--json', '--interval', '1h', '--listen', `unix:${socket}`];
  const own = [...childProgram(fixture), step, brake, String(drainMs), String(stepLimitMs)];
  const running = startProcess(runtimes[runtime], [...own, ...flags]);
  let text = '';
  let heard = Promise.withResolvers<void>();
  running.child.stdout?.on('data', (chunk: string) => {
    text += chunk;
    heard.resolve();
    heard = Promise.withResolvers();
  });
  const daemon = daemonOf(running, socket);
  const letGo = () => rm(brake, { force: true });
  return {
    ...daemon,
    letGo,
    reached: async (wanted) => {
      while (!new RegExp(`^step ${wanted} `, 'm').test(text)) await heard.promise;
    },
    [Symbol.asyncDispose]: async () => {
      await letGo();
      await daemon.stop();
    },
  };
}
