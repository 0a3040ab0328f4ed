/** The daemon follows what others record: every trigger becomes live soon, and many become live in few runs. */
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { provisionConnection, readCovered, recordTrigger } from '@holdfast/truth-db';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { childProgram } from '../support/child-program.ts';
import { counts } from '../support/counts.ts';
import { daemonOf, startDaemon } from '../support/daemon-process.ts';
import { overlaps } from '../support/hold-intervals.ts';
import { type MariadbServer, startMariadbServer } from '../support/mariadb-server.ts';
import { emptyDatabase } from '../support/mariadb-truth.ts';
import { isMissing } from '../support/needs.ts';
import { gateway, type PolicyWorld, policyWorld } from '../support/policy-world.ts';
import { repository, runtimes } from '../support/repository.ts';
import { startProcess } from '../support/run-process.ts';

/** Longer than any test: what happens before it has another cause. */
const never = ['--interval', '1h'];
const triggers = counts.daemonTriggers;
const burst = counts.daemonBurst;
/** A trigger takes 40 ms on average to be recorded. */
const patienceMs = 60_000 + triggers * 150;

describe.each([
  { engine: 'SQLite', isSkipped: false },
  { engine: 'MariaDB', isSkipped: isMissing('mariadb') },
])('a daemon on $engine', ({ engine, isSkipped }) => {
  let server: MariadbServer | undefined;

  beforeAll(async () => {
    if (engine === 'MariaDB' && !isSkipped) server = await startMariadbServer();
  });

  afterAll(() => server?.[Symbol.asyncDispose]());

  const worldOf = async () =>
    policyWorld({
      dataplane: 'recorded',
      ...(server === undefined ? {} : { database: await emptyDatabase(server) }),
    });

  it.skipIf(isSkipped)(
    'covers each trigger of another process, half of them within 300 ms',
    async () => {
      await using world = await worldOf();
      await world.connect(1, 1_000);
      await using daemon = startDaemon(world, never);
      await daemon.reported(({ outcome }) => outcome === 'applied');

      const seed = Date.now() % 1_000_000;
      const [recorded, covered] = await Promise.all([
        recordTriggers(world, { count: triggers, longestPauseMs: 80, seed }),
        coveredTimes(world, triggers + 1),
      ]);

      const reactions = recorded.map(({ id, atMs }) => Math.max(0, (covered.get(id) ?? Infinity) - atMs));
      const figures = distribution(reactions);
      console.info(`reaction of ${triggers} triggers on ${engine}, seed ${seed}, in ms:`, figures);
      expect(recorded).toHaveLength(triggers);
      expect(reactions.filter((ms) => !Number.isFinite(ms))).toEqual([]);
      expect(figures.p50).toBeLessThan(300);
      await daemon.reported(({ covered }) => covered === triggers + 1);
      // The daemon has counted the same: none twice, none forgotten.
      const label = `{gateway="${gateway}"}`;
      expect(await daemon.metric(`holdfast_policy_reaction_seconds_count${label}`)).toBe(triggers + 1);
      expect(await daemon.metric(`holdfast_policy_covered_trigger${label}`)).toBe(triggers + 1);
    },
    patienceMs,
  );

  it.skipIf(isSkipped)('covers a burst of triggers in a few runs', async () => {
    await using world = await worldOf();
    await using daemon = startDaemon(world, never);
    await daemon.reported(({ outcome }) => outcome === 'applied');
    const before = daemon.reports.length;

    const recorded = await recordTriggers(world, { count: burst, longestPauseMs: 0, seed: 1 });
    await daemon.reported(({ covered }) => covered === burst);
    await delay(300); // several looks: none of them may find anything

    const tookMs = (recorded.at(-1)?.atMs ?? 0) - (recorded[0]?.atMs ?? 0);
    const runs = daemon.reports.length - before;
    expect(await readCovered(world.truth, gateway)).toBe(burst);
    // At most one run between two looks, and one for what came during the last. A look and a run take longer than 50 ms.
    expect(runs).toBeLessThanOrEqual(2 + tookMs / 50);
    expect(runs).toBeLessThan(burst / 2);
    console.info(`${burst} triggers on ${engine} in ${Math.round(tookMs)} ms: ${runs} runs`);
  });
});

describe('a daemon', () => {
  it.each(['node', 'bun'] as const)(
    'on %s makes a change live without waiting for its interval',
    async (runtime) => {
      await using world = await policyWorld({ dataplane: 'recorded' });
      await using daemon = startDaemon(world, never, { runtime });
      await daemon.reported(({ outcome }) => outcome === 'applied');
      await world.connect(1, 1_000);
      const { changes, covered } = await daemon.reported(({ outcome }) => outcome === 'applied');
      expect({ tc: changes.tc, covered }).toEqual({ tc: 1, covered: 1 });
      expect((await daemon.stop()).status).toBe(0);
    },
  );

  it('records no trigger of its own', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await using daemon = startDaemon(world, ['--interval', '100ms']);
    await world.connect(1, 1_000);
    await daemon.reported(({ covered }) => covered === 1);
    for (let more = 0; more < 3; more += 1) await daemon.reported(() => true);
    const rows = await world.truth.db.selectFrom('policy_triggers').select('reason').execute();
    expect(rows).toEqual([{ reason: 'ip-up' }]);
  });

  it('leaves a trigger alone that an apply has covered', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await using daemon = startDaemon(world, never);
    await daemon.reported(({ outcome }) => outcome === 'applied');
    await daemon.stop();
    await world.connect(1, 1_000);
    await world.run('apply');
    await using again = startDaemon(world, never);
    await again.reported(({ outcome }) => outcome === 'unchanged');
    await delay(300);
    expect(again.reports).toHaveLength(1);
  });

  it('rests for its interval when nothing is recorded, and looks for drift then', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await world.connect(1, 1_000);
    await using daemon = startDaemon(world, ['--interval', '200ms']);
    await daemon.reported(({ outcome }) => outcome === 'applied');
    await writeFile(join(world.stateDir, `dataplane-${gateway}.json`), '');
    await rename(join(world.stateDir, `dataplane-${gateway}.json`), join(world.stateDir, 'gone'));
    const { drift } = await daemon.reported(({ outcome }) => outcome === 'applied');
    expect(drift.length).toBeGreaterThan(0);
    const label = `{gateway="${gateway}"}`;
    await daemon.reported(({ outcome }) => outcome === 'unchanged');
    expect(await daemon.metric(`holdfast_policy_drift_repaired_total${label}`)).toBe(drift.length);
  });

  it('finds drift in the middle of a stream of triggers', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await world.connect(1, 1_000);
    await using daemon = startDaemon(world, ['--interval', '300ms']);
    await daemon.reported(({ outcome }) => outcome === 'applied');
    const isOver = { value: false };
    const stream = disturb(world, isOver);
    // Runs about triggers may meet a disturbance too; the one that looks for it is of another kind.
    const found = await daemon.reported(({ reason, driftTotal }) => reason === 'timer' && driftTotal > 0);
    isOver.value = true;
    await stream;
    expect(found.outcome).toBe('applied');
  });

  it('makes live at once what a hook has left in the spool', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const spool = join(world.stateDir, 'spool');
    await mkdir(spool, { mode: 0o700 });
    await world.truth.transaction((trx) =>
      provisionConnection(trx, { at: Date.now(), downKbit: 1_000, radiusUsername: 'ana' }),
    );
    await using daemon = startDaemon(world, never);
    await daemon.reported(({ outcome }) => outcome === 'applied');
    await writeFile(
      join(spool, '.one'),
      `v=1\nsource=pppd\nverb=up\nuser=ana\nsession=77.3\nframed_ip=10.77.0.9\n`,
    );
    await writeFile(join(spool, '.other'), 'nonsense');
    await rename(join(spool, '.one'), join(spool, 'one.event'));
    await rename(join(spool, '.other'), join(spool, 'other.event'));
    expect((await daemon.reported(({ outcome }) => outcome === 'applied')).changes.tc).toBe(1);
    const count = (result: string) =>
      daemon.metric(`holdfast_spool_events_total{result="${result}",gateway="${gateway}"}`);
    while ((await count('refused')) !== 1) await delay(10);
    expect(await count('applied')).toBe(1);
    expect((await readdir(spool)).toSorted()).toEqual(['refused']);
  });

  it('that is not one, --once, takes what is in the spool too', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const spool = join(world.stateDir, 'spool');
    await mkdir(spool, { mode: 0o700 });
    await world.truth.transaction((trx) =>
      provisionConnection(trx, { at: Date.now(), downKbit: 1_000, radiusUsername: 'ana' }),
    );
    await writeFile(
      join(spool, 'one.event'),
      `v=1\nsource=pppd\nverb=up\nuser=ana\nsession=77.3\nframed_ip=10.77.0.9\n`,
    );
    expect((await world.run('reconcile', ['--check'])).report.changes.tc).toBe(1); // the root alone
    const { report } = await world.run('reconcile', ['--once']);
    expect(report).toMatchObject({ outcome: 'applied', covered: 1, changes: { tc: 2 } });
    expect(await readdir(spool)).toEqual([]);
  });
});

describe('two daemons of one gateway', () => {
  it('run one after the other and leave what truth says', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await using one = held(world, 'one.sock');
    await using other = held(world, 'other.sock');
    for (let host = 1; host <= 12; host += 1) {
      await world.connect(host, 1_000 + host);
      while ((await readCovered(world.truth, gateway)) < host) await delay(3);
    }
    const [first, second] = [await one.stop(), await other.stop()];
    const holds = [holdsOf('one', first.stdout), holdsOf('other', second.stdout)];
    expect(holds.map(({ length }) => length > 3)).toEqual([true, true]);
    expect(overlaps(holds.flat())).toEqual([]);
    expect((await world.run('reconcile', ['--check'])).report.digest).toBe(await world.digest());
  });
});

/** The fixture that tells its steps, held at none. */
function held(world: PolicyWorld, socket: string) {
  const path = join(world.stateDir, socket);
  const fixture = join(repository, 'tests/policy/fixtures/daemon-held.ts');
  const flags = [...world.flags, '--watch', '--json', '--interval', '100ms', '--listen', `unix:${path}`];
  const args = [...childProgram(fixture), 'none', '-', '30000', '300000', ...flags];
  return daemonOf(startProcess(runtimes.node, args), path);
}

/** From each `locked` to the last step before the next run, or the next hold of a run that has yielded. */
function holdsOf(holder: string, stdout: string) {
  const steps = [...stdout.matchAll(/^step (\S+) (\d+)$/gm)].map(([, step, atMs]) => ({
    step,
    atMs: Number(atMs),
  }));
  return steps.flatMap(({ step, atMs }, place) => {
    if (step !== 'locked') return [];
    const next = steps.findIndex(
      (later, index) => index > place && /^(?:triggered|locked)$/.test(later.step ?? ''),
    );
    const untilMs = steps.at(next === -1 ? -1 : next - 1)?.atMs ?? atMs;
    return [{ holder: `${holder} at ${atMs}`, fromMs: atMs, untilMs }];
  });
}

interface Recorded {
  readonly id: number;
  readonly atMs: number;
}

async function recordTriggers(
  world: PolicyWorld,
  options: { readonly count: number; readonly longestPauseMs: number; readonly seed: number },
): Promise<readonly Recorded[]> {
  const fixture = join(repository, 'tests/policy/fixtures/record-triggers.ts');
  const place = world.flags.indexOf('--database');
  const url =
    place === -1 ? `sqlite:${join(world.stateDir, 'truth.sqlite')}` : (world.flags[place + 1] ?? '');
  const words = [url, gateway, options.count, options.longestPauseMs, options.seed].map(String);
  const { stdout, stderr, status } = await startProcess(runtimes.node, [...childProgram(fixture), ...words])
    .finished;
  if (status !== 0) throw new Error(stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number))
    .map(([id = 0, atMs = 0]) => ({ id, atMs }));
}

/** Takes the dataplane away and records a trigger, again and again. */
async function disturb(world: PolicyWorld, isOver: { readonly value: boolean }): Promise<void> {
  while (!isOver.value) {
    await rm(join(world.stateDir, `dataplane-${gateway}.json`), { force: true });
    await world.truth.transaction((trx) => recordTrigger(trx, { gateway, reason: 'panel', at: Date.now() }));
    await delay(5);
  }
}

/** When each trigger up to `last` was seen to be covered, on the wall clock. */
async function coveredTimes(world: PolicyWorld, last: number): Promise<ReadonlyMap<number, number>> {
  const times = new Map<number, number>();
  for (let known = 0; known < last; ) {
    const covered = await readCovered(world.truth, gateway);
    const nowMs = Date.now();
    for (; known < covered; known += 1) times.set(known + 1, nowMs);
    await delay(3);
  }
  return times;
}

function distribution(values: readonly number[]) {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}
