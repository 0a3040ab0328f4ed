/** `holdfast lock run` between what starts it and what it starts: descriptors, signals, a run around it, a lock file that goes away. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownIdentity } from '@holdfast/base/process-identity';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';
import { bins, runtimes } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { bothRuntimes, heard, type LockPlace, lockPlace, type Runtime, scope } from './lock-place.ts';

let place: LockPlace;
beforeEach(async () => {
  place = await lockPlace();
});
afterEach(() => place[Symbol.asyncDispose]());

const onRuntimes = describe.each(bothRuntimes);
const holdfast = (runtime: Runtime) => `${runtimes[runtime]} ${bins.holdfast}`;
/** The words of a shell for a run of this scope. */
const runOf = (runtime: Runtime, name = scope) =>
  `${holdfast(runtime)} lock run ${name} --lock-dir ${place.directory}`;
const inShell = (script: string) => runProcess('sh', ['-c', script], { cwd: place.path });
const codeIn = (stderr: string) => /\[([A-Z_]+)\]/.exec(stderr)?.[1];

onRuntimes('the descriptors of the program on %s', (runtime) => {
  it('are those that we were given, on their numbers, and the lock is on none of them', async () => {
    const script = `${runOf(runtime)} -- sh -c 'echo three >&3; echo four >&4' 3>three 4>four`;
    expect(await inShell(script)).toMatchObject({ status: 0, stderr: '' });
    const written = ['three', 'four'].map((name) => readFileSync(join(place.path, name), 'utf8'));
    expect(written).toEqual(['three\n', 'four\n']);
    expect(readFileSync(place.fileOf(scope), 'utf8')).not.toContain('three');
  });

  it('are none of ours and of the runtime beside the lock', async () => {
    const { stdout } = await inShell(`${runOf(runtime)} -- sh -c 'ls -l /proc/$$/fd'`);
    const targets = stdout.split('\n').flatMap((line) => (/ (\d+) -> (.*)$/.exec(line) ?? []).slice(1, 3));
    expect(targets.filter((target) => target.startsWith('anon_inode:'))).toEqual([]);
    expect(targets.filter((target) => target === place.fileOf(scope))).toHaveLength(1);
    const pipes = targets.filter((target) => target.startsWith('pipe:'));
    expect(new Set(pipes).size).toBeLessThanOrEqual(2); // stdout and stderr
  });

  it('are the two ends of the jobserver of make', async () => {
    const recipe = `+@${runOf(runtime, 'job')} -- make --no-print-directory inside`;
    writeFileSync(join(place.path, 'Makefile'), `all:\n\t${recipe}\ninside: one two\none two:\n\t@echo $@\n`);
    const { status, stderr } = await inShell('make -j2');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

onRuntimes('a run inside a run on %s', (runtime) => {
  it('of the same lock is refused at once', async () => {
    const inner = `${runOf(runtime)} --lock-timeout infinite -- echo ran`;
    const { status, stdout, stderr } = await inShell(`${runOf(runtime)} -- sh -c '${inner}; exit $?'`);
    expect({ status, stdout, code: codeIn(stderr) }).toEqual({
      status: 70,
      stdout: '',
      code: 'LOCK_REENTRANT',
    });
  });

  it('of another lock, or of two readers, goes on', async () => {
    const [other, reader] = [
      await inShell(`${runOf(runtime)} -- ${runOf(runtime, 'other')} -- echo ran`),
      await inShell(`${runOf(runtime)} --shared -- ${runOf(runtime)} --shared --lock-timeout 0 -- echo ran`),
    ];
    expect([other.stdout, reader.stdout]).toEqual(['ran\n', 'ran\n']);
  });

  it('is not imagined where the variable names a process that is no ancestor, or nonsense', async () => {
    const { pid } = await place.hold('other');
    const startTime = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ')[19];
    const stranger = { ...ownIdentity(), pid, startTime };
    const ended = { ...ownIdentity(), startTime: '0' };
    const path = place.fileOf(scope);
    await place.run('path', ['--create', scope], { runtime });
    for (const value of [
      JSON.stringify([{ path, mode: 'exclusive', process: stranger }]),
      JSON.stringify([{ path, mode: 'exclusive', process: ended }]),
      '[{"path":1}]',
      'nonsense',
    ]) {
      const { stdout } = await place.run('run', [scope, '--', 'echo', 'ran'], {
        runtime,
        env: { HOLDFAST_LOCK_HELD: value },
      });
      expect(stdout).toBe('ran\n');
    }
  });
});

onRuntimes('a lock file that is removed under a run on %s', (runtime) => {
  it.each([
    [0, 74],
    [3, 3],
  ])('of a program that ends with %d makes it %d', async (own, expected) => {
    const remove = `rm ${place.fileOf(scope)}; exit ${own}`;
    const { status } = await place.run('run', [scope, '--', 'sh', '-c', remove], { runtime });
    expect(status).toBe(expected);
  });
});

onRuntimes('signals on %s', (runtime) => {
  it('that end a child unheard do not hide how the program ended', async () => {
    const script = `trap '' CHLD; exec ${runOf(runtime)} -- sh -c 'exit 4'`;
    const { status } = await runProcess('bash', ['-c', script]); // to other shells it means nothing
    expect(status).toBe(4);
  });

  it('that hang up are ignored by a program that nohup starts', async () => {
    const words = ['--', 'nohup', 'sh', '-c', 'echo up; read line; exit 6'];
    const running = place.start('run', [scope, ...words], { runtime, isInputOpen: true });
    await heard(running, 'up');
    running.child.kill('SIGHUP');
    running.child.stdin?.end('\n');
    expect((await running.finished).status).toBe(6);
  });

  it('that hang up end a wait with its document, which tells how long it was', async () => {
    await place.hold(scope);
    const args = [scope, '--json', '--progress', 'plain', '--', 'true'];
    const waiting = place.start('run', args, { runtime });
    await heard(waiting, 'waiting for');
    waiting.child.kill('SIGHUP');
    const { status, stderr } = await waiting.finished;
    expect(status).toBe(143);
    const report = JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '');
    expect(report).toMatchObject({ outcome: 'cancelled', status: 143, error: { code: 'TERMINATED' } });
    expect(report.waitedMs).toBeGreaterThan(0);
  });
});

describe('with --json', () => {
  it.each([
    [['--bogus', scope, '--', 'true'], 64],
    [[scope, 'true'], 64],
    [[scope, '--report', '/proc/none/report', '--', 'true'], 74],
  ])('lock run %j ends with one document on stderr', async (args, expected) => {
    const { status, stderr } = await place.run('run', ['--json', ...args]);
    expect({ status, lines: stderr.split('\n').length }).toEqual({ status: expected, lines: 2 });
    expect(JSON.parse(stderr)).toMatchObject({ outcome: 'failed', status: expected });
  });

  it('lock who without its scope answers with a document, by the variable too', async () => {
    for (const [args, env] of [
      [['--json'], {}],
      [[], { HOLDFAST_JSON: '1' }],
    ] as const) {
      const { status, stdout, stderr } = await place.run('who', args, { env });
      expect({ status, stderr }).toEqual({ status: 64, stderr: '' });
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE' } });
    }
  });
});

describe('a lock run without --', () => {
  it.each([[['echo', 'hi']], [['echo', '-n', 'hi']]])('and with %j says what is missing', async (words) => {
    const { status, stderr } = await place.run('run', [scope, ...words]);
    expect(status).toBe(64);
    expect(stderr).toContain('-- is missing before the program');
  });
});

describe.skipIf(isMissing('root', 'unshare'))('from a pid namespace of its own', () => {
  it('a lock whose holder is outside is not called free', async () => {
    await place.hold(scope);
    for (const args of [
      ['who', scope],
      ['ls', '--all'],
    ]) {
      const inside = ['--pid', '--fork', '--mount-proc', runtimes.node, bins.holdfast, 'lock', ...args];
      const { status, stdout } = await runProcess('unshare', [
        ...inside,
        '--lock-dir',
        place.directory,
        '--json',
      ]);
      expect({ status, sees: JSON.parse(stdout).seesAllHolders }).toEqual({ status: 0, sees: false });
      const { stdout: words } = await runProcess('unshare', [...inside, '--lock-dir', place.directory]);
      expect(words).not.toMatch(/\bfree\b/);
    }
  });
});

it.skipIf(isMissing('unshare'))(
  'a program for which no descriptor is left ends a run with 126 and is not blamed',
  async () => {
    const codes = new Set<string | undefined>();
    for (let most = 40; most > 15 && !codes.has('PROGRAM_NO_ROOM'); most -= 1) {
      const words = [`--nofile=${most}`, runtimes.node, bins.holdfast, 'lock', 'run', scope];
      const { status, stderr } = await runProcess('prlimit', [
        ...words,
        '--lock-dir',
        place.directory,
        '--',
        'true',
      ]);
      if (status !== 0) codes.add(status === 126 ? codeIn(stderr) : `${status}`);
    }
    expect(codes).toEqual(new Set(['PROGRAM_NO_ROOM']));
  },
);
