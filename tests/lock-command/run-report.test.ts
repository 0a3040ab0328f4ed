/** What a `holdfast lock run` reports, and the settings that decide how it waits and where. */
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bothRuntimes, type LockPlace, lockPlace, scope } from './lock-place.ts';

let place: LockPlace;
beforeEach(async () => {
  place = await lockPlace();
});
afterEach(() => place[Symbol.asyncDispose]());

const shell = (words: string) => ['--', 'sh', '-c', words];
const onRuntimes = describe.each(bothRuntimes);
const stackLine = /^\s+at .*:\d+:\d+/m;

onRuntimes('the document of a run on %s', (runtime) => {
  it('is the last line of stderr, and stdout stays that of the program', async () => {
    const call = [scope, '--json', '--fence', ...shell('echo data; echo talk >&2; exit 3')];
    const { status, stdout, stderr } = await place.run('run', call, { runtime });
    expect({ status, stdout }).toEqual({ status: 3, stdout: 'data\n' });
    const [talk, line, ...rest] = stderr.split('\n');
    expect([talk, rest]).toEqual(['talk', ['']]);
    expect(JSON.parse(line ?? '')).toEqual({
      outcome: 'ran',
      scope,
      program: 'sh',
      status: 3,
      signal: null,
      backend: 'flock',
      fence: 1,
      waitedMs: 0,
      heldMs: expect.any(Number),
    });
  });

  it.each([
    [['--', 'sh', '-c', 'kill -9 $$'], { outcome: 'ran', status: 137, signal: 'SIGKILL' }],
    [['--', 'no-such-program'], { outcome: 'failed', status: 127, error: { code: 'PROGRAM_MISSING' } }],
    [
      ['--lock-timeout', 'soon', '--', 'true'],
      { outcome: 'failed', status: 64, error: { code: 'DURATION_INVALID' } },
    ],
    [['--lock-timeout', '1ms', '--', 'true'], { outcome: 'busy', status: 75, error: { code: 'LOCK_BUSY' } }],
  ])('of %j is %j', async (args, expected) => {
    if (expected.outcome === 'busy') await place.hold(scope);
    const { status, stdout, stderr } = await place.run('run', [scope, '--json', ...args], { runtime });
    expect({ status, stdout, lines: stderr.split('\n').length }).toEqual({
      status: expected.status,
      stdout: '',
      lines: 2,
    });
    expect(JSON.parse(stderr)).toMatchObject(expected);
  });

  it('goes to the file of --report, private, and a file that cannot be made costs no run', async () => {
    const file = join(place.path, 'report.json');
    const { stderr } = await place.run('run', [scope, '--report', file, ...shell('echo talk >&2')], {
      runtime,
    });
    expect(stderr).toBe('talk\n');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ outcome: 'ran', scope, status: 0 });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const nowhere = join(place.path, 'none', 'report.json');
    const refused = await place.run('run', [scope, '--report', nowhere, ...shell('echo ran')], { runtime });
    expect({ status: refused.status, stdout: refused.stdout }).toEqual({ status: 74, stdout: '' });
  });
});

describe('the limit', () => {
  const busy = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    place.run('run', [scope, '--state-dir', place.path, ...args, '--', 'true'], { env });
  const inFile = (value: string) =>
    writeFileSync(join(place.path, 'holdfast.config.json'), JSON.stringify({ lockTimeout: value }));

  it.each([
    ['the flag', ['--lock-timeout', '0'], { HOLDFAST_LOCK_TIMEOUT: '1h' }, 'set by --lock-timeout'],
    [
      'the variable',
      [],
      { HOLDFAST_LOCK_TIMEOUT: '0' },
      'set by HOLDFAST_LOCK_TIMEOUT, and --lock-timeout overrules',
    ],
    ['the file', [], {}, 'set by lockTimeout in'],
  ] as const)('that %s sets is named by LOCK_BUSY', async (_what, args, env, said) => {
    inFile('0');
    await place.hold(scope);
    const { status, stderr } = await busy(args, env);
    expect(status).toBe(75);
    expect(stderr).toContain(said);
  });

  it.each([
    [['--lock-timeout', '61m'], '', true],
    [['--lock-timeout', '60m'], '', false],
    [['--lock-timeout', 'infinite'], '', false],
    [[], 'infinite', true],
  ] as const)('%j, or %j of the variable, is warned of: %s', async (args, variable, isWarned) => {
    const { status, stderr } = await busy(args, { HOLDFAST_LOCK_TIMEOUT: variable });
    expect(status).toBe(0);
    expect(/^warning: .*(--lock-timeout|HOLDFAST_LOCK_TIMEOUT)/m.test(stderr)).toBe(isWarned);
  });
});

describe('the place', () => {
  it('is made private when it is missing', async () => {
    await place.run('run', [scope, '--', 'true']);
    expect([place.directory, place.fileOf(scope)].map((path) => statSync(path).mode & 0o777)).toEqual([
      0o700, 0o600,
    ]);
  });

  it('is refused with 73 when it is a file or open to others', async () => {
    writeFileSync(place.directory, '');
    expect((await place.run('run', [scope, '--', 'true'])).status).toBe(73);
    execFileSync('rm', [place.directory]);
    execFileSync('mkdir', [place.directory]);
    chmodSync(place.directory, 0o777);
    const { status, stderr } = await place.run('run', [scope, '--', 'true']);
    expect(status).toBe(73);
    expect(stderr).not.toMatch(stackLine);
  });
});
