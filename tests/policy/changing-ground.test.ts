/** What a run stands on changes or breaks: truth is another file, the device is another, the documents are damaged. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import { openTruth, readCovered } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { kernelDump } from '../support/kernel-dump.ts';
import { isMissing } from '../support/needs.ts';
import { changes, gateway, type PolicyWorld, policyWorld } from '../support/policy-world.ts';

describe('a daemon', () => {
  it('follows a truth that was replaced by another file', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const id = await world.connect(1, 1_000);
    await using daemon = watching(world);
    await daemon.reported((report) => report.outcome === 'applied');

    const path = join(world.stateDir, 'truth.sqlite');
    const database = new DatabaseSync(path);
    database.prepare('VACUUM INTO ?').run(`${path}.restored`);
    database.close();
    await world.truth.close();
    await using restored = openTruth(`sqlite:${path}.restored`);
    await changes(restored).shape(id, 9_000);
    await restored.close();
    // Between two runs nobody has the database open, and it has no write-ahead log that would belong to the old file.
    while (existsSync(`${path}-wal`)) await turn();
    await rename(`${path}.restored`, path);

    const report = await daemon.reported(({ outcome, changes: { tc } }) => outcome === 'applied' && tc === 1);
    expect(report.error).toBeUndefined();
  });

  it.skipIf(isMissing('root', 'nft'))('follows a gateway to another device', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    await world.connect(1, 1_000);
    await using daemon = watching(world);
    await daemon.reported((report) => report.outcome === 'applied');

    await world.truth.db.updateTable('gateways').set({ device: 'p0' }).where('name', '=', gateway).execute();
    await daemon.reported(({ outcome, drift }) => outcome === 'applied' && drift.length > 0);

    expect(world.lab?.run('tc', 'class', 'show', 'dev', 'p0')).toContain('rate 1Mbit');
  });
});

describe('a daemon whose truth is away', () => {
  it('does not start, with the status of what is wrong', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const args = ['--watch', '--database', `sqlite:${join(world.stateDir, 'nowhere', 'truth.sqlite')}`];
    expect((await world.start('reconcile', args).finished).status).toBe(69);
  });

  it('tells so and goes on when it is back', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await using daemon = watching(world);
    await daemon.reported(({ outcome }) => outcome !== 'failed');

    const path = join(world.stateDir, 'truth.sqlite');
    await world.truth.close();
    while (existsSync(`${path}-wal`)) await turn();
    await rename(path, `${path}.away`);
    await daemon.reported(({ outcome }) => outcome === 'failed');
    await rename(`${path}.away`, path);

    expect((await daemon.reported(({ outcome }) => outcome !== 'failed')).error).toBeUndefined();
  });
});

describe('a damaged document', () => {
  it('of the history is moved aside and the run succeeds', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await world.connect(1, 1_000);
    const runs = join(world.stateDir, 'runs');
    await world.run('apply');
    await world.connect(2, 1_000);
    for (const name of [`${gateway}.json`, `${gateway}.json.last-good`])
      await writeFile(join(runs, name), 'x');

    const { status, report } = await world.run('apply');

    expect({ status, outcome: report.outcome }).toEqual({ status: 0, outcome: 'applied' });
    expect((await readdir(runs)).filter((name) => name.includes('.damaged-'))).not.toEqual([]);
  });

  it('of the intent counts as an intent and is rolled forward', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await world.connect(1, 1_000);
    await world.run('apply');
    await world.connect(2, 2_000);
    await writeFile(join(world.stateDir, 'runs', `${gateway}.intent.json`), 'x');

    const { status, report } = await world.run('apply');

    expect({ status, rolledForward: report.rolledForward }).toEqual({ status: 0, rolledForward: true });
    expect((await world.run('reconcile', ['--once'])).report.rolledForward).toBe(false);
  });

  it('that cannot be replaced is a warning', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await world.connect(1, 1_000);
    const { status: made } = await world.run('apply');
    await world.connect(2, 1_000);
    const history = join(world.stateDir, 'runs', `${gateway}.json`);
    await rename(history, `${history}.old`);
    await mkdir(history);

    const { status, report } = await world.run('apply');

    expect({ made, status, outcome: report.outcome }).toEqual({ made: 0, status: 0, outcome: 'applied' });
    expect(report.warnings).toHaveLength(1);
    expect(await readCovered(world.truth, gateway)).toBe(report.trigger);
  });
});

describe('a gateway whose name leads out of the state directory', () => {
  it('is refused with 78 and nothing is written', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const { db } = world.truth;
    const evil = { name: '../../evil', layout: 'shared-device', device: 'd0', shards: 4 } as const;
    await db.deleteFrom('trigger_counters').execute();
    await db.deleteFrom('gateway_state').execute();
    await db.deleteFrom('gateways').execute();
    await db.insertInto('gateways').values(evil).execute();

    const { status } = await world.run('apply');

    expect(status).toBe(78);
    expect(await readdir(world.stateDir)).not.toContain('evil.json');
  });
});

describe.skipIf(isMissing('root', 'nft'))('a dry run', () => {
  it('says what is pending, calls nothing live and changes nothing', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    await world.connect(1, 1_000);
    const { lab } = world;
    if (lab === undefined) throw new Error('a world on the kernel has a lab');
    await world.run('apply');
    await world.connect(2, 2_000);
    const before = kernelDump(lab);

    const { status, report } = await world.run('apply', ['--dry-run']);

    expect({ status, outcome: report.outcome, covered: report.covered }).toEqual({
      status: 2,
      outcome: 'pending',
      covered: null,
    });
    expect(kernelDump(lab)).toBe(before);
  });
});

type Report = Awaited<ReturnType<PolicyWorld['run']>>['report'];

/** A reconcile daemon with one JSON line per run. */
function watching(world: PolicyWorld) {
  const { child, finished } = world.start('reconcile', ['--watch', '--interval', '500ms', '--json']);
  const reports: Report[] = [];
  let rest = '';
  let heard = Promise.withResolvers<void>();
  child.stdout?.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    reports.push(...lines.map((line) => JSON.parse(line) as Report));
    heard.resolve();
    heard = Promise.withResolvers();
  });
  const next = async (): Promise<Report> => {
    for (let report = reports.shift(); ; report = reports.shift()) {
      if (report !== undefined) return report;
      const ended = await Promise.race([heard.promise.then(() => false), finished.then(() => true)]);
      if (ended) throw new Error('the daemon has ended');
    }
  };
  return {
    /** The next report that fits. */
    reported: async (fits: (report: Report) => boolean): Promise<Report> => {
      for (let report = await next(); ; report = await next()) if (fits(report)) return report;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await finished;
    },
  };
}
