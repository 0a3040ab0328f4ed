/** `holdfast lock who`, `ls` and `path`: what is told about locks, without taking any. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';
import { gateway, policyWorld } from '../support/policy-world.ts';
import { bins, runtimes } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { bothRuntimes, heard, type LockPlace, lockPlace, type Runtime, scope } from './lock-place.ts';

let place: LockPlace;
beforeEach(async () => {
  place = await lockPlace();
});
afterEach(() => place[Symbol.asyncDispose]());

const json = async (command: string, args: readonly string[], runtime: Runtime) => {
  const { status, stdout } = await place.run(command, ['--json', ...args], { runtime });
  return { status, answer: JSON.parse(stdout) };
};

describe.each(bothRuntimes)('on %s', (runtime) => {
  it('who tells of a free lock, and makes nothing', async () => {
    const { status, answer } = await json('who', [scope], runtime);
    expect(status).toBe(0);
    expect(answer).toEqual({
      scope,
      directory: place.directory,
      backend: 'flock',
      holder: null,
      waiters: [],
      seesAllHolders: true,
    });
    expect((await place.run('who', [scope], { runtime })).stdout).toBe(`${scope} is free\n`);
    expect(existsSync(place.directory)).toBe(false);
  });

  it('who tells of holder and waiters, flock(1) among them', async () => {
    const holder = await place.hold(scope);
    const waiter = place.start('run', [scope, '--progress', 'plain', '--', 'true'], { runtime });
    await heard(waiter, 'waiting for');
    await untilWaiting(1);
    const { answer } = await json('who', [scope], runtime);
    expect(answer).toMatchObject({ holder: { pid: holder.pid }, waiters: [{ pid: waiter.child.pid }] });
    const { stdout } = await place.run('who', [scope], { runtime });
    expect(stdout.split('\n')).toEqual([
      expect.stringContaining(`held by pid ${holder.pid}`),
      expect.stringContaining(`waiting: pid ${waiter.child.pid}`),
      '',
    ]);
    await holder.letGo();
    expect(await waiter.finished).toMatchObject({ status: 0 });
  });

  it('ls lists what is held with holder and waiters, and what is free on request', async () => {
    await place.run('run', ['token:web', '--', 'true'], { runtime });
    const holder = await place.hold(scope);
    await place.hold('日本');
    const held = (await json('ls', [], runtime)).answer;
    expect(held.directory).toBe(place.directory);
    expect(held.locks).toEqual([
      expect.objectContaining({ prefix: scope, holder: expect.objectContaining({ pid: holder.pid }) }),
      expect.objectContaining({ prefix: '', holder: expect.anything(), waiters: [] }),
    ]);
    const all = (await json('ls', ['--all'], runtime)).answer.locks;
    expect(all).toHaveLength(3);
    expect(all).toContainEqual(expect.objectContaining({ prefix: 'token-web', holder: null, waiters: [] }));
    expect((await place.run('ls', [], { runtime })).stdout.split('\n')).toHaveLength(3);
  });

  it('ls of nothing says which nothing it is', async () => {
    const missing = await place.run('ls', [], { runtime });
    await place.run('run', [scope, '--', 'true'], { runtime });
    const free = await place.run('ls', [], { runtime });
    expect([missing.status, free.status]).toEqual([0, 0]);
    expect(missing.stdout).not.toBe(free.stdout);
    expect((await json('ls', [], runtime)).answer.locks).toEqual([]);
  });

  it('ls passes over files that are no locks', async () => {
    await place.run('run', [scope, '--fence', '--', 'true'], { runtime });
    writeFileSync(join(place.directory, 'README.lock'), '');
    writeFileSync(join(place.directory, '\u001b[31m.0123456789abcdef0123456789abcdef.lock'), '');
    expect(readdirSync(place.directory).length).toBeGreaterThan(3);
    expect((await json('ls', ['--all'], runtime)).answer.locks).toHaveLength(1);
  });

  it('path prints a file that flock(1) can lock at once with --create, and makes nothing without', async () => {
    const { stdout } = await place.run('path', [scope], { runtime });
    expect(stdout).toBe(`${place.fileOf(scope)}\n`);
    expect(existsSync(place.directory)).toBe(false);
    await place.run('path', ['--create', scope], { runtime });
    expect(statSync(place.fileOf(scope)).mode & 0o777).toBe(0o600);
    execFileSync('flock', ['--nonblock', stdout.trim(), 'true']);
  });

  it('path --create does not wait for a holder', async () => {
    await place.hold(scope);
    expect(await json('path', ['--create', scope], runtime)).toMatchObject({
      status: 0,
      answer: { backend: 'flock' },
    });
  });

  it.each(['who', 'path', 'ls'])('%s answers a bad scope or word with a document and 64', async (command) => {
    const args = command === 'ls' ? ['word'] : [''];
    const { status, stderr } = await place.run(command, args, { runtime });
    expect(status).toBe(64);
    expect(stderr).toMatch(/^error: .*\[(SCOPE_INVALID|USAGE)\]\nhint: /);
    if (command !== 'ls')
      expect(await json(command, [''], runtime)).toMatchObject({
        status: 64,
        answer: { error: { code: 'SCOPE_INVALID' } },
      });
  });

  it.skipIf(isMissing('root'))('who and ls answer with 73 where this user may not look', async () => {
    mkdirSync(place.directory, { mode: 0o700 });
    chmodSync(place.path, 0o755);
    const user = { uid: 65_534, gid: 65_534, env: { HOME: '/nonexistent' }, runtime };
    const statuses = [await place.run('who', [scope], user), await place.run('ls', [], user)];
    expect(statuses.map(({ status }) => status)).toEqual([73, 73]);
    for (const { stderr } of statuses) expect(stderr).toContain('[LOCK_DIRECTORY]');
  });
});

describe('the lock of a gateway', () => {
  it('is the file that lock path prints: flock(1) on it keeps vpn-policy-apply out', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const args = [
      bins.holdfast,
      'lock',
      'path',
      `policy:${gateway}`,
      '--state-dir',
      world.stateDir,
      '--create',
    ];
    const path = (await runProcess(runtimes.node, args)).stdout.trim();
    expect(path.startsWith(join(world.stateDir, 'locks'))).toBe(true);
    const call = `${runtimes.node} ${bins.apply} ${world.flags.join(' ')} --json --lock-timeout 0`;
    const { stdout } = await runProcess('flock', [path, 'sh', '-c', call]);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'locked', error: { code: 'LOCK_BUSY' } });
    expect(JSON.parse(stdout).error.message).toContain('set by --lock-timeout');
    expect((await world.run('apply')).status).toBe(0);
  });

  it('is held by lock run with the same state directory', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const apply = `${runtimes.node} ${bins.apply} ${world.flags.join(' ')} --json --on-locked fail`;
    const args = ['lock', 'run', `policy:${gateway}`, '--state-dir', world.stateDir, '--', 'sh', '-c', apply];
    const { status, stdout } = await runProcess(runtimes.node, [bins.holdfast, ...args]);
    expect(status).toBe(75);
    expect(JSON.parse(stdout).error.message).toContain('set by --on-locked');
  });
});

describe('holdfast lock', () => {
  it.each([[['lock']], [['lock', '--help']], [['help', 'lock']]])('%j lists its commands', async (words) => {
    const { status, stdout } = await runProcess(runtimes.node, [bins.holdfast, ...words]);
    expect(status).toBe(0);
    for (const command of ['run', 'who', 'ls', 'path', 'verify'])
      expect(stdout).toContain(`holdfast lock ${command} `);
    expect(stdout).not.toMatch(/worker|db seed/);
  });

  it.each(['run', 'who', 'ls', 'path', 'verify'])(
    '%s tells its options and exit statuses',
    async (command) => {
      const [help, also] = await Promise.all([
        runProcess(runtimes.node, [bins.holdfast, 'help', 'lock', command]),
        runProcess(runtimes.node, [bins.holdfast, 'lock', command, '--help']),
      ]);
      expect({ status: help.status, stdout: also.stdout }).toEqual({ status: 0, stdout: help.stdout });
      for (const word of ['--json', '--lock-backend <name>', 'Exit status'])
        expect(help.stdout).toContain(word);
    },
  );
});

/** Nobody is a waiter before the kernel says so. */
async function untilWaiting(count: number): Promise<void> {
  for (;;) {
    const { answer } = await json('who', [scope], 'node');
    if (answer.waiters.length === count) return;
  }
}
