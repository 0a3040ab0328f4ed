/** Whatever is wrong gets its own exit status, code and hint; nothing is half done and no stack trace is shown. */
import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LockRunner } from '@holdfast/lock-runner';
import { readCovered } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';
import { gateway, type PolicyWorld, policyWorld } from '../support/policy-world.ts';
import { bins, runtimes } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { withoutNft } from '../support/without-nft.ts';

const stackLine = /^\s+at .*:\d+:\d+/m;

describe('the command line', () => {
  it.each([
    { what: 'an unknown flag', args: ['--bogus'] },
    { what: 'a surplus word', args: ['now'] },
    { what: 'a flag without its value', args: ['--gateway'] },
    { what: 'an unknown reason', args: ['--reason', 'because'] },
    { what: 'a duration without a unit', args: ['--lock-timeout', '30'] },
    { what: 'a negative duration', args: ['--lock-timeout', '-5s'] },
    { what: 'a gateway name that leaves the directory', args: ['--gateway', '../../x'] },
    { what: 'a connection id that is no number', args: ['--connection', '1;DROP'] },
    { what: 'a namespace with a blank', args: ['--netns', 'a b'] },
  ])('refuses $what with 64', async ({ args }) => {
    await using directory = await temporaryDirectory();
    const { status, stdout, stderr } = await apply(['--state-dir', directory.path, ...args]);
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' });
    expect(stderr).toMatch(/^error: .*\[(USAGE|DURATION_INVALID)\]\nhint: /);
    expect(stderr).not.toMatch(stackLine);
  });

  it('refuses --watch together with --check with 64', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const { status } = await world.start('reconcile', ['--watch', '--check']).finished;
    expect(status).toBe(64);
  });

  it.each(Object.keys(bins) as (keyof typeof bins)[])('prints help and version of %s with 0', async (bin) => {
    const help = await runProcess(runtimes.node, [bins[bin], '--help']);
    const version = await runProcess(runtimes.node, [bins[bin], '--version']);
    expect({ help: help.status, version: version.status, stderr: help.stderr }).toEqual({
      help: 0,
      version: 0,
      stderr: '',
    });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('the configuration', () => {
  it.each([
    { what: 'broken JSON', text: '{"database": "mysql://root:hunter2@h/db",' },
    { what: 'an array', text: '[]' },
    { what: 'an unknown key', text: '{"lockTimout": "5s"}' },
    { what: 'a value of the wrong type', text: '{"gateway": {}}' },
    { what: 'a bad duration', text: '{"lockTimeout": "soon"}' },
  ])('with $what ends with 78 and keeps its content to itself', async ({ text }) => {
    await using directory = await temporaryDirectory();
    await writeFile(join(directory.path, 'holdfast.config.json'), text);
    const { status, stderr } = await apply(['--state-dir', directory.path]);
    expect(status).toBe(78);
    expect(stderr).not.toContain('hunter2');
    expect(stderr).not.toMatch(stackLine);
  });

  it('decides between environment and file, and the error names the one that decided', async () => {
    await using directory = await temporaryDirectory();
    await writeFile(join(directory.path, 'holdfast.config.json'), '{"lockTimeout": "soon"}');
    const env = { HOLDFAST_LOCK_TIMEOUT: 'later' };
    const { status, stderr } = await apply(['--state-dir', directory.path], env);
    expect(status).toBe(78);
    expect(stderr).toContain('HOLDFAST_LOCK_TIMEOUT');
  });
});

describe('truth', () => {
  it('that is not there ends with 69', async () => {
    await using directory = await temporaryDirectory();
    const url = `sqlite:${join(directory.path, 'nowhere', 'truth.sqlite')}`;
    const { status } = await apply(['--state-dir', directory.path, '--database', url]);
    expect(status).toBe(69);
  });

  it('without a schema ends with 78', async () => {
    await using directory = await temporaryDirectory();
    const { status } = await apply(['--state-dir', directory.path]);
    expect(status).toBe(78);
    expect(await readdir(directory.path)).not.toContain('truth.sqlite');
  });

  it('that fails validation ends with 65, lists every problem and changes nothing', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const [first, second] = [await world.connect(1, 1_000), await world.connect(2, 2_000)];
    await world.run('apply');
    const locks = world.truth.db.updateTable('active_session_locks');
    await locks.set({ framed_ip: '10.77.0.999' }).where('vpn_connection_id', '=', first).execute();
    await locks.set({ shaping_slot: null }).where('vpn_connection_id', '=', second).execute();

    const dataplane = join(world.stateDir, `dataplane-${gateway}.json`);
    const before = await readFile(dataplane, 'utf8');

    const { status, report } = await world.run('apply');

    expect({ status, code: report.error?.code }).toEqual({ status: 65, code: 'TRUTH_INVALID' });
    expect(await readFile(dataplane, 'utf8')).toBe(before);
    const { problems = [] } = (report.error?.details ?? {}) as { readonly problems?: readonly unknown[] };
    expect(problems).toHaveLength(2);
  });

  it('that removes most of a gateway is refused with 3, and --force repeats it', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const ids: number[] = [];
    for (let host = 1; host <= 60; host += 1) ids.push(await world.connect(host, 1_000));
    await world.run('apply');
    await world.truth.db
      .deleteFrom('active_session_locks')
      .where('vpn_connection_id', 'in', ids.slice(5))
      .execute();

    const refused = await world.run('apply');
    const forced = await world.run('apply', ['--force']);

    expect({ status: refused.status, outcome: refused.report.outcome }).toEqual({
      status: 3,
      outcome: 'refused',
    });
    expect({ status: forced.status, outcome: forced.report.outcome }).toEqual({
      status: 0,
      outcome: 'applied',
    });
  });
});

describe('the lock', () => {
  it('that is not free in time ends with 75 naming the holder, and the trigger is covered by a later run', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const runner = new LockRunner({ directory: join(world.stateDir, 'locks') });

    const locked = await runner.run(`policy:${gateway}`, { purpose: 'a test that holds' }, async () => {
      const fast = await world.run('apply', ['--on-locked', 'fail']);
      const slow = await world.run('apply', ['--lock-timeout', '100ms']);
      return { fast, slow };
    });
    const covered = await readCovered(world.truth, gateway);
    const later = await world.run('reconcile', ['--once']);

    expect([locked.fast.status, locked.slow.status]).toEqual([75, 75]);
    expect(locked.slow.report).toMatchObject({
      outcome: 'locked',
      error: { code: 'LOCK_BUSY', details: { holder: { pid: process.pid, purpose: 'a test that holds' } } },
    });
    expect(covered).toBe(0);
    expect(later.report.covered).toBe(locked.slow.report.trigger);
  });

  it('lets SIGTERM end the wait with 143 and SIGINT with 130', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const runner = new LockRunner({ directory: join(world.stateDir, 'locks') });
    const statuses = await runner.run(`policy:${gateway}`, {}, async () => [
      await signalled(world, 'SIGTERM'),
      await signalled(world, 'SIGINT'),
    ]);
    expect(statuses).toEqual([143, 130]);
  });

  it('in a directory that is a file or a link ends with 73', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await writeFile(join(world.stateDir, 'locks'), '');
    expect((await world.run('apply')).status).toBe(73);

    await using other = await policyWorld({ dataplane: 'recorded' });
    await using elsewhere = await temporaryDirectory();
    await symlink(elsewhere.path, join(other.stateDir, 'locks'));
    expect((await other.run('apply')).status).toBe(73);
  });
});

describe('the dataplane', () => {
  it('that cannot be read ends with 74 and is never taken for an empty one', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await mkdir(join(world.stateDir, `dataplane-${gateway}.json`));
    const { status, report } = await world.run('apply');
    expect({ status, code: report.error?.code }).toEqual({ status: 74, code: 'TARGET_REFUSED' });
  });

  it.each([
    { what: 'a FIFO', place: (path: string) => runProcess('mkfifo', [path]) },
    {
      what: 'a link to another document',
      place: async (path: string) => {
        await writeFile(`${path}.elsewhere`, await emptyDataplane());
        await symlink(`${path}.elsewhere`, path);
      },
    },
  ])('that is $what is refused with 74 before anything is read', async ({ place }) => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await place(join(world.stateDir, `dataplane-${gateway}.json`));
    const args = ['--json', ...world.flags, '--dry-run'];
    const { status, stdout } = await runProcess(runtimes.node, [bins.apply, ...args], { guardMs: 10_000 });
    expect(status).toBe(74);
    expect(JSON.parse(stdout).error.code).toBe('TARGET_REFUSED');
  });

  it('without its namespace ends with 69', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const args = ['--state-dir', world.stateDir, '--netns', 'holdfast-no-such-namespace'];
    expect((await apply(args)).status).toBe(69);
  });

  it.skipIf(isMissing('root', 'unshare'))('without nft ends with 69 and says what to install', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const command = [runtimes.node, bins.apply, '--state-dir', world.stateDir, '--dataplane', 'kernel'];
    const { status, stderr } = await runProcess(...withoutNft(command));
    expect(status).toBe(69);
    expect(stderr).toMatch(/hint: .*apt-get install nftables/);
  });

  it.skipIf(isMissing('root', 'nft'))('without its device ends with 69', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    expect((await world.run('apply', ['--device', 'hf9'])).status).toBe(69);
  });

  it.skipIf(isMissing('root', 'nft', 'unshare'))('that this user may not write ends with 77', async () => {
    await using directory = await temporaryDirectory();
    await chmod(directory.path, 0o755);
    const stateDir = join(directory.path, 'state');
    await mkdir(stateDir);
    await runProcess('chown', ['-R', '65534:65534', stateDir]);
    const user = { uid: 65_534, gid: 65_534 };
    const seeded = await runProcess(
      runtimes.node,
      [bins.holdfast, 'db', 'seed', '--state-dir', stateDir, '--device', 'lo'],
      user,
    );
    const { status, stderr } = await runProcess(runtimes.node, [bins.apply, '--state-dir', stateDir], user);
    expect({ seeded: seeded.status, status, isStack: stackLine.test(stderr) }).toEqual({
      seeded: 0,
      status: 77,
      isStack: false,
    });
  });
});

function apply(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return runProcess(runtimes.node, [bins.apply, ...args], { env });
}

/** The document of a recorded dataplane without sessions, as a run writes it. */
async function emptyDataplane(): Promise<string> {
  await using world = await policyWorld({ dataplane: 'recorded' });
  await world.run('apply');
  return await readFile(join(world.stateDir, `dataplane-${gateway}.json`), 'utf8');
}

/** Sends the signal when the command has said that it waits. */
async function signalled(world: PolicyWorld, signal: NodeJS.Signals): Promise<number | null> {
  const { child, finished } = world.start('apply', ['--progress', 'plain']);
  child.stderr?.once('data', () => child.kill(signal));
  return (await finished).status;
}
