/** Which backend a command locks by: as set, or as the file system allows, and that it says so. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';
import { policyWorld } from '../support/policy-world.ts';
import { bins, runtimes } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { bothRuntimes, heard, type LockPlace, lockPlace, scope } from './lock-place.ts';

let place: LockPlace;
beforeEach(async () => {
  place = await lockPlace();
});
afterEach(() => place[Symbol.asyncDispose]());

const lockfile = ['--lock-backend', 'lockfile'];
const json = async (command: string, args: readonly string[]) =>
  JSON.parse((await place.run(command, ['--json', ...lockfile, ...args])).stdout);

describe('the setting', () => {
  it.each([
    [['--lock-backend', 'redis'], {}, 64, '--lock-backend'],
    [[], { HOLDFAST_LOCK_BACKEND: 'redis' }, 78, 'HOLDFAST_LOCK_BACKEND'],
  ] as const)('of %j and %j is refused with %d', async (args, env, status, name) => {
    const refused = await place.run('who', [...args, scope], { env });
    expect(refused.status).toBe(status);
    expect(refused.stderr).toContain(name);
  });

  it('as a variable decides, unless a flag does', async () => {
    const env = { HOLDFAST_LOCK_BACKEND: 'lockfile' };
    const [byVariable, byFlag] = await Promise.all([
      place.run('who', [scope, '--json'], { env }),
      place.run('who', [scope, '--json', '--lock-backend', 'flock'], { env }),
    ]);
    expect([byVariable, byFlag].map(({ stdout }) => JSON.parse(stdout).backend)).toEqual([
      'lockfile',
      'flock',
    ]);
  });

  it('is one of the policy commands too', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const config = join(world.stateDir, 'holdfast.config.json');
    writeFileSync(config, '{"lockBackend": "lockfile"}');
    const [apply, reconcile] = [await world.run('apply'), await world.run('reconcile')];
    expect([apply, reconcile].map(({ status, report }) => [status, report.backend])).toEqual([
      [0, 'lockfile'],
      [0, 'lockfile'],
    ]);
    writeFileSync(config, '{"lockBackend": "paper"}');
    expect((await world.run('apply')).status).toBe(78);
  });

  it('that is not the one of the directory is refused with 78, and the program is not run', async () => {
    expect((await place.run('run', [scope, ...lockfile, '--', 'true'])).status).toBe(0);
    const { status, stdout, stderr } = await place.run('run', [scope, '--', 'echo', 'ran']);
    expect({ status, stdout }).toEqual({ status: 78, stdout: '' });
    expect(stderr).toContain('[LOCK_MIXED]');
  });
});

describe.each(bothRuntimes)('the lockfile backend on %s', (runtime) => {
  it('keeps a second program out and tells who is in', async () => {
    const words = ['--', 'sh', '-c', 'echo up; read line'];
    const holder = place.start('run', [scope, ...lockfile, ...words], { runtime, isInputOpen: true });
    await heard(holder, 'up');
    const busy = await place.run('run', [scope, ...lockfile, '--lock-timeout', '0', '--', 'true'], {
      runtime,
    });
    expect(busy.status).toBe(75);
    const party = { pid: holder.child.pid, purpose: 'sh' };
    expect(await json('who', [scope])).toMatchObject({ backend: 'lockfile', holder: party });
    expect((await json('ls', [])).locks).toEqual([
      expect.objectContaining({ prefix: scope, holder: expect.objectContaining(party) }),
    ]);
    holder.child.stdin?.end('\n');
    expect((await holder.finished).status).toBe(0);
    expect((await json('ls', [])).locks).toEqual([]);
    expect((await json('ls', ['--all'])).locks).toEqual([
      expect.objectContaining({ prefix: scope, holder: null }),
    ]);
  });

  it.each([
    [[], true],
    [['--close'], false],
  ])('warns with %j that a killed run leaves the program without a lock: %s', async (args, isWarned) => {
    const { status, stderr } = await place.run('run', [scope, ...lockfile, ...args, '--', 'true'], {
      runtime,
    });
    expect({ status, isWarned: /^warning: .*killed/.test(stderr) }).toEqual({ status: 0, isWarned });
  });

  it('that loses the lock asks the program to end, waits for it, and ends with 74', async () => {
    const report = join(place.path, 'report.json');
    const told = join(place.path, 'told');
    const words = `trap 'echo told > ${told}; sleep 0.2; echo done; exit 0' TERM; echo up; for _ in $(seq 3000); do sleep 0.01; done`;
    const args = [scope, ...lockfile, '--report', report, '--', 'sh', '-c', words];
    const running = place.start('run', args, { runtime });
    await heard(running, 'up');
    rmSync(join(place.directory, claimIn(place.directory)), { recursive: true });
    const { status, stdout, stderr } = await running.finished;
    expect({ status, stdout, isTold: existsSync(told) }).toEqual({
      status: 74,
      stdout: 'up\ndone\n',
      isTold: true,
    });
    expect(stderr).toContain('[LOCK_LOST]');
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({
      outcome: 'lost',
      status: 74,
      error: { code: 'LOCK_LOST' },
    });
  });
});

describe('lock path', () => {
  it('warns that flock(1) excludes nobody where locks are kept in another way', async () => {
    const { status, stdout, stderr } = await place.run('path', [scope, ...lockfile]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${place.fileOf(scope)}\n` });
    expect(stderr).toMatch(/^warning: .*lockfile.*\n$/);
  });
});

describe('lock verify', () => {
  it('trusts the lockfile backend too', async () => {
    const words = [bins.holdfast, 'lock', 'verify', place.path, ...lockfile, '--rounds', '20', '--json'];
    const { status, stdout } = await runProcess(runtimes.node, words);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'trusted',
      backend: 'lockfile',
      overlaps: 0,
      lostUpdates: 0,
    });
  });
});

describe.skipIf(isMissing('root', 'unshare', 'bindfs'))('on FUSE', () => {
  /** Runs a command where `mounted` is `real` seen through FUSE. */
  const onFuse = (words: readonly string[]) => {
    const [real, mounted] = ['real', 'mounted'].map((name) => join(place.path, name));
    for (const directory of [real, mounted]) mkdirSync(directory ?? '', { recursive: true });
    const script =
      'bindfs "$0" "$1"; cd /; mounted=$1; shift; set +e; "$@"; status=$?; umount "$mounted"; exit $status';
    return runProcess('unshare', [
      '--mount',
      'sh',
      '-ec',
      script,
      real ?? '',
      mounted ?? '',
      runtimes.node,
      ...words,
    ]);
  };
  const mounted = () => join(place.path, 'mounted');

  it('lock run says once on stderr that it locks in another way, and why', async () => {
    const words = [
      bins.holdfast,
      'lock',
      'run',
      scope,
      '--lock-dir',
      join(mounted(), 'locks'),
      '--',
      'echo',
      'ran',
    ];
    const { status, stdout, stderr } = await onFuse(words);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'ran\n' });
    expect(stderr).toMatch(/^warning: [^\n]*lockfile[^\n]*FUSE[^\n]*\nwarning: [^\n]*killed[^\n]*\n$/);
  });

  it('lock verify names the mount, the backend and the reason', async () => {
    const { status, stdout } = await onFuse([
      bins.holdfast,
      'lock',
      'verify',
      mounted(),
      '--rounds',
      '20',
      '--json',
    ]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'trusted',
      fileSystem: { mountPoint: mounted(), type: expect.stringContaining('fuse') },
      backend: 'lockfile',
      reason: expect.stringContaining('FUSE'),
    });
    expect(readdirSync(join(place.path, 'real'))).toEqual([]);
  });
});

/** The claim of the only lock that is held. */
function claimIn(directory: string): string {
  const [claim = ''] = readdirSync(directory).filter((name) => name.endsWith('.lock.lock'));
  return claim;
}
