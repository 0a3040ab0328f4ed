/** `holdfast lock verify`: green where locks exclude, red where they do not, and nothing left behind. */
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ownIdentity } from '@holdfast/base/process-identity';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';
import { bins, runtimes } from '../support/repository.ts';
import { type RunOptions, runProcess, startProcess } from '../support/run-process.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { bothRuntimes, type Runtime } from './lock-place.ts';

let base: TemporaryDirectory;
beforeEach(async () => {
  base = await temporaryDirectory();
});
afterEach(async () => {
  const left = readdirSync(base.path);
  await base[Symbol.asyncDispose]();
  expect(left).toEqual([]);
});

const words = (...args: readonly string[]) => [bins.holdfast, 'lock', 'verify', base.path, ...args];
/** Its temporary files go to a place of the test, where what it leaves is seen. */
async function verify(args: readonly string[], options: RunOptions & { runtime?: Runtime } = {}) {
  await using temporary = await temporaryDirectory();
  const { runtime = 'node', env, ...rest } = options;
  const finished = await runProcess(runtimes[runtime], words(...args), {
    ...rest,
    env: { ...env, TMPDIR: temporary.path },
  });
  expect(readdirSync(temporary.path)).toEqual([]);
  return finished;
}

describe.each(bothRuntimes)('on %s', (runtime) => {
  it('trusts a directory whose locks exclude, and says what it is and what was done', async () => {
    const { status, stdout, stderr } = await verify(['--processes', '3', '--rounds', '100', '--json'], {
      runtime,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'trusted',
      directory: base.path,
      fileSystem: {
        type: expect.any(String),
        mountPoint: expect.stringMatching(/^\//),
        source: expect.any(String),
      },
      backend: 'flock',
      reason: expect.stringContaining('local'),
      guarantee: { scope: 'host' },
      processes: 3,
      holds: 300,
      overlaps: 0,
      lostUpdates: 0,
      unreadable: 0,
      leastOfAProcess: 100,
      mostOfAProcess: 100,
    });
  });

  it('ends when its time is up', async () => {
    const { status, stdout } = await verify(['--seconds', '1', '--rounds', '1000000', '--json'], { runtime });
    expect(status).toBe(0);
    expect(JSON.parse(stdout).tookMs).toBeGreaterThanOrEqual(1_000);
  });

  it('tests the backend that is asked for, and says that it was', async () => {
    const args = ['--rounds', '20', '--lock-backend', 'flock'];
    const { status, stdout } = await verify(args, { runtime });
    expect(status).toBe(0);
    expect(stdout).toContain('backend flock: asked for by --lock-backend');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('is ended by %s, with all its processes', async (name, expected) => {
    await using temporary = await temporaryDirectory();
    const running = startProcess(runtimes[runtime], words('--progress', 'plain', '--rounds', '1000000'), {
      env: { TMPDIR: temporary.path },
    });
    await untilHoldsIn(base.path);
    running.child.kill(name);
    // The pipes of its processes are its own: they close when the last of them has gone.
    const { status, stderr } = await running.finished;
    expect(status).toBe(expected);
    expect(stderr).toMatch(/^error: .*\[(CANCELLED|TERMINATED)\]\nhint: /m);
    expect(readdirSync(temporary.path)).toEqual([]);
  });

  it('that is killed leaves no process behind', async () => {
    await using temporary = await temporaryDirectory();
    const running = startProcess(runtimes[runtime], words('--rounds', '1000000'), {
      env: { TMPDIR: temporary.path },
    });
    await untilHoldsIn(base.path);
    running.child.kill('SIGKILL');
    // Its processes have its stderr, which closes when the last of them has gone.
    expect(await running.finished).toMatchObject({ signal: 'SIGKILL' });
    expect(readdirSync(base.path)).toHaveLength(1);
    // What it has left is gone after the next one, here and where temporary files go.
    const next = await runProcess(runtimes[runtime], words('--rounds', '5'), {
      env: { TMPDIR: temporary.path },
    });
    expect({ status: next.status, left: readdirSync(base.path) }).toEqual({ status: 0, left: [] });
    expect(readdirSync(temporary.path)).toEqual([]);
  });
});

describe.skipIf(isMissing('root', 'unshare'))('where every process has a file system of its own', () => {
  const preload = `--import=${join(import.meta.dirname, 'split-mounts.mjs')}`;
  const split = { env: { NODE_OPTIONS: preload } };

  it('sees the overlaps and ends with 69', async () => {
    const { status, stdout, stderr } = await verify(['--rounds', '300'], split);
    expect(status).toBe(69);
    expect(stderr).toMatch(/^error: .*\[LOCK_NOT_EXCLUSIVE\]\nhint: /);
    expect(stdout).toMatch(/process \d+ beside process \d+/);
  });

  it('counts them in the document', async () => {
    const { status, stdout, stderr } = await verify(['--rounds', '300', '--json'], split);
    expect({ status, stderr }).toEqual({ status: 69, stderr: '' });
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({
      outcome: 'not-exclusive',
      holds: 1_200,
      error: { code: 'LOCK_NOT_EXCLUSIVE' },
    });
    expect(found.overlaps).toBeGreaterThan(0);
    expect(found.lostUpdates).toBeGreaterThan(0);
    expect(found.examples.length).toBeGreaterThan(0);
  });
});

describe('a directory', () => {
  it('that is missing is refused with 73 and not made', async () => {
    const missing = join(base.path, 'missing');
    const { status, stderr } = await runProcess(runtimes.node, [bins.holdfast, 'lock', 'verify', missing]);
    expect(status).toBe(73);
    expect(stderr).toMatch(/^error: .*\[LOCK_DIRECTORY_MISSING\]\nhint: /);
    expect(existsSync(missing)).toBe(false);
  });

  it.skipIf(isMissing('root'))('that may not be written is refused with 73', async () => {
    chmodSync(base.path, 0o755);
    expect((await verify([], { uid: 65_534, gid: 65_534 })).status).toBe(73);
  });

  it('with locks of its own keeps them as they are', async () => {
    await using other = await temporaryDirectory();
    const locks = join(other.path, 'locks');
    await runProcess(runtimes.node, [bins.holdfast, 'lock', 'run', 'x', '--lock-dir', locks, '--', 'true']);
    const before = readdirSync(locks);
    await runProcess(runtimes.node, [bins.holdfast, 'lock', 'verify', locks, '--rounds', '5']);
    expect(readdirSync(locks)).toEqual(before);
  });

  it('keeps the scratch of a verifier that lives, and of whom nobody can tell', async () => {
    const { boot, pidNamespace, pid, startTime } = ownIdentity();
    const names = [
      `.holdfast-verify-${boot}-${pidNamespace}-${pid}-${startTime}-abcdef`,
      `.holdfast-verify-000000000000-${pidNamespace}-${pid}-1-abcdef`,
      '.holdfast-verify-abcdef',
    ];
    const dead = `.holdfast-verify-${boot}-${pidNamespace}-${pid}-1-abcdef`;
    for (const name of [...names, dead]) mkdirSync(join(base.path, name));
    expect((await verify(['--rounds', '5'])).status).toBe(0);
    expect(readdirSync(base.path).toSorted()).toEqual(names.toSorted());
    for (const name of names) rmSync(join(base.path, name), { recursive: true });
  });

  it.each([
    ['--processes', '1'],
    ['--processes', '65'],
    ['--rounds', '0'],
    ['--seconds', 'many'],
  ])('is not looked at with %s %s: 64', async (flag, value) => {
    expect((await verify([flag, value])).status).toBe(64);
  });
});

async function untilHoldsIn(directory: string): Promise<void> {
  const isAtWork = () => readdirSync(directory).some((name) => existsSync(join(directory, name, 'counter')));
  while (!isAtWork()) await new Promise((resolve) => setImmediate(resolve));
}
