/** `holdfast lock run`: a program under a lock, as real processes on both runtimes, beside flock(1). */
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bothRuntimes, heard, isRunning, type LockPlace, lockPlace, scope } from './lock-place.ts';

let place: LockPlace;
beforeEach(async () => {
  place = await lockPlace();
});
afterEach(() => place[Symbol.asyncDispose]());

const shell = (words: string) => ['--', 'sh', '-c', words];
const onRuntimes = describe.each(bothRuntimes);
/** O_NONBLOCK of Linux. */
const nonBlocking = 0o4000;
const stackLine = /^\s+at .*:\d+:\d+/m;

onRuntimes('the exit status on %s', (runtime) => {
  it.each([0, 1, 42, 255])('is that of the program: %d', async (status) => {
    expect(await place.run('run', [scope, ...shell(`exit ${status}`)], { runtime })).toMatchObject({
      status,
    });
    expect(place.isFree(scope)).toBe(true);
  });

  it.each(['SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGUSR1'] as const)(
    'is 128 and the number of the signal that ended the program: %s',
    async (name) => {
      const { status } = await place.run('run', [scope, ...shell(`kill -${name.slice(3)} $$`)], { runtime });
      expect(status).toBe(128 + constants.signals[name]);
    },
  );

  it('is 127 without the program and 126 when it cannot be run, and the lock is free again', async () => {
    const text = join(place.path, 'text');
    writeFileSync(text, 'no program', { mode: 0o644 });
    const odd = join(place.path, 'odd');
    writeFileSync(odd, '#!/nonexistent/interpreter\n', { mode: 0o755 });
    const statuses = [];
    for (const program of ['no-such-program', '/no/such/program', odd, text, place.path]) {
      const { status, stderr } = await place.run('run', [scope, '--', program], { runtime });
      expect(stderr).toMatch(/^error: .*\[PROGRAM_(MISSING|REFUSED)\]\nhint: /);
      expect(stderr).not.toMatch(stackLine);
      statuses.push(status);
    }
    expect(statuses).toEqual([127, 127, 127, 126, 126]);
    expect(place.isFree(scope)).toBe(true);
  });

  it('is 75 when the lock is not got, at once or in time, and the program is not run', async () => {
    await place.hold(scope);
    for (const limit of ['0', '20ms']) {
      const { status, stdout, stderr } = await place.run(
        'run',
        [scope, '--lock-timeout', limit, ...shell('echo ran')],
        { runtime },
      );
      expect({ limit, status, stdout }).toEqual({ limit, status: 75, stdout: '' });
      expect(stderr).toMatch(/^error: .*\[LOCK_BUSY\]\nhint: /);
    }
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('is that of a cancelled wait after %s: %d', async (name, expected) => {
    await place.hold(scope);
    const waiter = place.start('run', [scope, '--progress', 'plain', ...shell('echo ran')], { runtime });
    await heard(waiter, 'waiting for');
    waiter.child.kill(name);
    const { status, stdout, stderr } = await waiter.finished;
    expect({ status, stdout }).toEqual({ status: expected, stdout: '' });
    expect(stderr).toContain('cancelled the wait');
  });

  it.each([
    [[]],
    [[scope]],
    [[scope, '--']],
    [[scope, '--', '']],
    [['--', 'true']],
    [[scope, 'true']],
    [[scope, 'other', '--', 'true']],
    [['', '--', 'true']],
    [['a\nb', '--', 'true']],
    [[scope, '--lock-timeout', '5', '--', 'true']],
    [[scope, '--lock-backend', 'redis', '--', 'true']],
    [[scope, '--shared', '--fence', '--', 'true']],
  ])('is 64 for %j', async (args) => {
    const { status, stdout, stderr } = await place.run('run', args, { runtime });
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' });
    expect(stderr).toMatch(/^error: .*\[[A-Z_]+\]\nhint: .*\n$/);
  });
});

onRuntimes('the program on %s', (runtime) => {
  it('gets our streams, its arguments unchanged, and the scope', async () => {
    const args = ['--help', '--', '-x', 'a b', "'", '$HOME', '', 'ñ\u{1F680}'];
    const print =
      'cat; printf "[%s]" "$@" "$HOLDFAST_SCOPE" "$(printenv HOLDFAST_FENCE || echo none)"; echo talk >&2';
    const running = place.start('run', [scope, '--', 'sh', '-c', print, 'sh', ...args], {
      runtime,
      input: 'data\n',
    });
    const { status, stdout, stderr } = await running.finished;
    expect({ status, stderr }).toEqual({ status: 0, stderr: 'talk\n' });
    expect(stdout).toBe(`data\n${[...args, scope, 'none'].map((word) => `[${word}]`).join('')}`);
  });

  it('gets a generation that grows, if that is asked for', async () => {
    const fences = [];
    for (let run = 0; run < 3; run += 1) {
      const call = [scope, '--fence', ...shell('echo $HOLDFAST_FENCE')];
      fences.push(Number((await place.run('run', call, { runtime })).stdout));
    }
    expect(fences).toEqual([1, 2, 3]);
  });

  it('gets no generation of a lock around ours', async () => {
    const { stdout } = await place.run('run', [scope, ...shell('printenv HOLDFAST_FENCE || echo none')], {
      runtime,
      env: { HOLDFAST_FENCE: '7', HOLDFAST_SCOPE: 'outer' },
    });
    expect(stdout).toBe('none\n');
  });

  it('gets streams that block, as it would from a shell', async () => {
    const { stdout } = await place.run(
      'run',
      [scope, ...shell('cat /proc/self/fdinfo/1 /proc/self/fdinfo/2')],
      {
        runtime,
      },
    );
    const flags = [...stdout.matchAll(/^flags:\s+(\d+)$/gm)].map(([, octal = '']) =>
      Number.parseInt(octal, 8),
    );
    expect(flags).toHaveLength(2);
    expect(flags.filter((flag) => (flag & nonBlocking) !== 0)).toEqual([]);
  });

  it('is told to others by its name without its arguments, or by what is said of it', async () => {
    for (const [args, purpose] of [
      [[], 'sh'],
      [['--purpose', 'nightly \u001b[31mbackup'], 'nightly ?[31mbackup'],
    ] as const) {
      const holder = place.start('run', [scope, ...args, ...shell('echo up secret=1; read line')], {
        runtime,
        isInputOpen: true,
      });
      await heard(holder, 'up');
      const { stdout } = await place.run('who', [scope, '--json']);
      expect(JSON.parse(stdout).holder).toMatchObject({ pid: holder.child.pid, purpose });
      expect(stdout).not.toContain('secret');
      holder.child.stdin?.end('\n');
      await holder.finished;
    }
  });
});

describe.each(
  bothRuntimes.flatMap((runtime) =>
    (['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const).map((name) => [runtime, name] as const),
  ),
)('on %s, a %s', (runtime, name) => {
  it('is passed on, and the lock is kept until the program has ended', async () => {
    const words = `trap 'echo got; read line; exit 7' ${name.slice(3)}; echo up; for _ in $(seq 3000); do sleep 0.01; done`;
    const running = place.start('run', [scope, ...shell(words)], { runtime, isInputOpen: true });
    await heard(running, 'up');
    const got = heard(running, 'got');
    running.child.kill(name);
    await got;
    expect(place.isFree(scope)).toBe(false);
    running.child.stdin?.end('\n');
    expect(await running.finished).toMatchObject({ status: 7, stdout: 'up\ngot\n', stderr: '' });
    expect(place.isFree(scope)).toBe(true);
  });
});

onRuntimes('when we are killed on %s, the program', (runtime) => {
  it.each([
    ['keeps the lock as long as it runs', [], false],
    ['does not keep it with --close', ['--close'], true],
    ['does not keep it with -o', ['-o'], true],
  ] as const)('%s', async (_what, args, isFree) => {
    const running = place.start('run', [scope, ...args, '--', 'sh', '-c', 'echo $$; exec sleep 600'], {
      runtime,
    });
    const pid = await firstNumber(running.child);
    try {
      running.child.kill('SIGKILL');
      await untilEnded(running.child);
      expect(isRunning(pid)).toBe(true);
      expect(place.isFree(scope)).toBe(isFree);
    } finally {
      process.kill(pid, 'SIGKILL');
    }
    await running.finished;
    expect(place.isFree(scope)).toBe(true);
  });
});

onRuntimes('a program that leaves another one running on %s', (runtime) => {
  it.each([
    [[], false],
    [['--close'], true],
  ] as const)('with %j gives the lock back: %s', async (args, isFree) => {
    const words = 'sleep 600 > /dev/null 2>&1 & echo $!';
    const { status, stdout } = await place.run('run', [scope, ...args, ...shell(words)], { runtime });
    try {
      expect({ status, isFree: place.isFree(scope) }).toEqual({ status: 0, isFree });
    } finally {
      process.kill(Number(stdout), 'SIGKILL');
    }
  });
});

onRuntimes('modes on %s', (runtime) => {
  it('let readers in together and keep a writer out', async () => {
    const reader = place.start('run', [scope, '--shared', ...shell('echo up; read line')], {
      runtime,
      isInputOpen: true,
    });
    await heard(reader, 'up');
    const other = await place.run('run', [scope, '--shared', '--lock-timeout', '0', '--', 'true'], {
      runtime,
    });
    const writer = await place.run('run', [scope, '--lock-timeout', '0', '--', 'true'], { runtime });
    expect([other.status, writer.status]).toEqual([0, 75]);
    reader.child.stdin?.end('\n');
    await reader.finished;
  });
});

async function firstNumber(child: ChildProcess): Promise<number> {
  const text = await new Promise<string>((resolve) => child.stdout?.once('data', resolve));
  return Number(text);
}

/** The streams of a child whose program lives on do not close: only its own end is waited for. */
function untilEnded(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
}
