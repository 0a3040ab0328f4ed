/** Many applies at once while truth changes under them: one writer at a time, and the last word is truth's. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { PolicyReport } from '@holdfast/gateway-policy/command';
import { describe, expect, it } from 'vitest';
import { childProgram } from '../support/child-program.ts';
import { type HoldInterval, overlaps } from '../support/hold-intervals.ts';
import { isMissing } from '../support/needs.ts';
import { type PolicyWorld, policyWorld } from '../support/policy-world.ts';
import { repository, runtimes } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';

const kinds = ['ip-up', 'ip-down', 'panel', 'manual'] as const;
const atOnce = 20;

describe.each([
  { dataplane: 'recorded', isSkipped: false },
  { dataplane: 'kernel', isSkipped: isMissing('root', 'nft') },
] as const)('twenty applies at once on the $dataplane dataplane', ({ dataplane, isSkipped }) => {
  it.skipIf(isSkipped)('end in the state that truth says and exit 0 or 75', async () => {
    await using world = await policyWorld({ dataplane });
    const ids = await connectSome(world, 30);

    const storm = Array.from({ length: atOnce }, async (_, index) => {
      await change(world, ids, index);
      const runtime = index % 4 === 3 ? 'bun' : 'node';
      return world.run('apply', ['--reason', kinds[index % kinds.length] ?? 'manual'], runtime);
    });
    const reconciles = Array.from({ length: 4 }, () =>
      world.run('reconcile', ['--once', '--lock-timeout', '30s']),
    );
    const [ran] = await Promise.all([
      Promise.all([...storm, ...reconciles]),
      commitCrosswise(world, ids[0] ?? 0),
    ]);

    expect(ran.map(({ status }) => status).filter((status) => status !== 0 && status !== 75)).toEqual([]);
    const last = await world.run('apply');
    expect(last.report.digest).toBe(await world.digest());
    expect((await world.run('reconcile', ['--check'])).status).toBe(0);
  });

  it.skipIf(isSkipped)('hold the gateway one after the other', async () => {
    await using world = await policyWorld({ dataplane });
    const ids = await connectSome(world, 10);

    const runs = await Promise.all(
      Array.from({ length: atOnce }, async (_, index) => {
        await change(world, ids, index);
        return recordedApply(world, index);
      }),
    );

    const intervals = runs.flatMap(({ interval }) => interval ?? []);
    expect(intervals.length).toBeGreaterThan(0);
    expect(overlaps(intervals)).toEqual([]);
    // Whoever did not write joined a run that covered it: everybody's change is live.
    expect(runs.filter(({ report }) => !['applied', 'unchanged', 'joined'].includes(report.outcome))).toEqual(
      [],
    );
    expect((await world.run('reconcile', ['--check'])).status).toBe(0);
  });
});

describe('the sweep of hold intervals', () => {
  it('finds an overlap', () => {
    const held = (holder: string, from: number, until: number): HoldInterval => ({
      holder,
      fromMs: from,
      untilMs: until,
    });
    expect(overlaps([held('a', 0, 10), held('b', 10, 20), held('c', 19, 30)])).toEqual(['b and c']);
  });
});

async function connectSome(world: PolicyWorld, count: number): Promise<readonly number[]> {
  const ids: number[] = [];
  for (let host = 1; host <= count; host += 1) ids.push(await world.connect(host, 1_000 + host));
  return ids;
}

async function change(world: PolicyWorld, ids: readonly number[], index: number): Promise<void> {
  const id = ids[index % ids.length] ?? 0;
  if (index % 3 === 0) await world.restrict(id, index % 2 === 0);
  else if (index % 3 === 1) await world.shape(id, 10_000 + index);
  else await world.connect(1_000 + index, 500);
}

/** A transaction that begins first and commits last, with another one in between. */
async function commitCrosswise(world: PolicyWorld, connectionId: number): Promise<void> {
  using early = new DatabaseSync(join(world.stateDir, 'truth.sqlite'), { timeout: 5_000 });
  for (let round = 0; round < 10; round += 1) {
    early.exec('BEGIN DEFERRED');
    await world.shape(connectionId, 20_000 + round);
    early.prepare('UPDATE vpn_connections SET down_kbit = ? WHERE id = ?').run(30_000 + round, connectionId);
    early.exec("UPDATE trigger_counters SET last_id = last_id + 1 WHERE gateway = 'gw1'");
    early.exec(
      "INSERT INTO policy_triggers (gateway, id, reason, created_at) SELECT gateway, last_id, 'panel', '2026-01-01T00:00:00.000Z' FROM trigger_counters WHERE gateway = 'gw1'",
    );
    early.exec('COMMIT');
  }
}

interface RecordedApply {
  readonly report: PolicyReport;
  readonly interval: HoldInterval | undefined;
}

async function recordedApply(world: PolicyWorld, index: number): Promise<RecordedApply> {
  const fixture = join(repository, 'tests/policy/fixtures/apply-until.ts');
  const place = world.lab === undefined ? ['recorded', '-'] : ['kernel', world.lab.netns];
  const runtime = index % 4 === 3 ? runtimes.bun : runtimes.node;
  const args = [...childProgram(fixture), 'none', world.stateDir, ...place];
  const { stdout, stderr } = await runProcess(runtime, args);
  if (stdout === '') throw new Error(stderr);
  const { report, steps } = JSON.parse(stdout) as {
    readonly report: PolicyReport;
    readonly steps: readonly { readonly step: string; readonly atMs: number }[];
  };
  const locked = steps.findIndex(({ step }) => step === 'locked');
  const [from, until] = [steps[locked], steps.at(-1)];
  if (locked === -1 || from === undefined || until === undefined) return { report, interval: undefined };
  return {
    report,
    interval: { holder: `run ${index}`, fromMs: from.atMs, untilMs: until.atMs },
  };
}
