/** What a person sees while `holdfast lock run` waits, on a real terminal of some width, and in a pipe. */

import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';
import { bins, runtimes } from '../support/repository.ts';
import { type Holder, heard, type LockPlace, lockPlace, type Runtime, scope } from './lock-place.ts';
import { clearLine, esc, screenOf } from './screen.ts';
import { onTerminal, type TerminalRun } from './terminal.ts';

let place: LockPlace;
let holder: Holder;
beforeEach(async () => {
  place = await lockPlace();
  holder = await place.hold(scope);
});
afterEach(() => place[Symbol.asyncDispose]());

const call = (args: readonly string[], runtime: Runtime = 'node', name = scope) => [
  runtimes[runtime],
  bins.holdfast,
  ...['lock', 'run', name, '--lock-dir', place.directory, ...args, '--', 'echo', 'ran'],
];

/** The live line, when there is no room for the name of the scope. */
const narrowLine = new RegExp(`\\r${esc}\\[K[\\d.]+ s elapsed`);

/** What every outcome on a terminal has in common. */
function expectTidy(run: TerminalRun, columns: number) {
  const screen = screenOf(run.output(), columns);
  expect(screen).toMatchObject({ broken: [], column: 0, controls: [] });
  return screen;
}

/** Without the failure behind it, which is not ours to break into lines. */
function feedbackOf(run: TerminalRun): string {
  return run.output().split('error: ')[0] ?? '';
}

const widths = [20, 40, 80].flatMap((columns) => [[columns, 'node' as const] as const]);

describe.skipIf(isMissing('script'))('on a terminal', () => {
  describe.each([...widths, [40, 'bun' as const] as const])('of %d columns, on %s', (columns, runtime) => {
    it('a wait that ends with the lock is told from beginning to end, and the program follows', async () => {
      const run = onTerminal(columns, call([], runtime));
      await run.shown('waiting for');
      const first = screenOf(run.output(), columns).rows.join(' ').replaceAll(/\s+/g, ' ');
      for (const fact of [scope, String(holder.pid), '30s', 'Ctrl-C', '--lock-timeout'])
        expect(first.replaceAll(' ', '')).toContain(fact.replaceAll(' ', ''));
      await run.shown(/\d s/);
      await run.shown(clearLine);
      await holder.letGo();
      expect(await run.status).toBe(0);
      const { rows } = expectTidy(run, columns);
      expect(rows.at(-1)).toBe('ran');
      expect(rows.join('').replaceAll(' ', '')).toContain('acquiredafter');
      expect(rows.filter((row) => /still|left|of 30 s/.test(row))).toEqual([]);
    });

    it('a wait that is given up says what could be done', async () => {
      const run = onTerminal(columns, call(['--lock-timeout', '1500ms'], runtime));
      expect(await run.status).toBe(75);
      const { rows, broken, column } = screenOf(feedbackOf(run), columns);
      expect({ broken, column }).toEqual({ broken: [], column: 0 });
      expect(rows.join('').replaceAll(' ', '')).toContain('gaveupwaiting');
      expect(run.output()).toContain(clearLine);
    });

    it('Ctrl-C ends the wait, and leaves the cursor on a fresh line', async () => {
      const run = onTerminal(columns, call([], runtime));
      await run.shown(clearLine);
      run.type('\u0003');
      expect(await run.status).toBe(130);
      const { rows, broken, column } = screenOf(feedbackOf(run), columns);
      expect({ broken, column }).toEqual({ broken: [], column: 0 });
      expect(rows.join('').replaceAll(' ', '')).toContain('cancelledthewait');
      expect(rows.join('')).not.toContain('^C');
      expect(place.isFree(scope)).toBe(false);
    });
  });

  it('a scope of wide letters breaks no line', async () => {
    const name = '予約:'.repeat(20);
    const other = await place.hold(name);
    const run = onTerminal(20, call([], 'node', name));
    await run.shown(clearLine);
    await other.letGo();
    expect(await run.status).toBe(0);
    expectTidy(run, 20);
  });

  it.each(['node', 'bun'] as const)(
    'that is made narrower during the wait gets lines that fit, on %s',
    async (runtime) => {
      const run = onTerminal(80, call([], runtime));
      await run.shown(/still waiting/);
      const before = run.output().length;
      run.resize(30);
      await run.shown(narrowLine);
      await holder.letGo();
      expect(await run.status).toBe(0);
      const after = run.output().slice(before);
      const { broken } = screenOf(after.slice(after.search(narrowLine)), 30);
      expect(broken).toEqual([]);
    },
  );

  it('no control character of a purpose arrives, and no colour ever', async () => {
    const purpose = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202eevil';
    const record = { pid: holder.pid, host: hostname(), purpose, sinceWallMs: Date.now() };
    writeFileSync(place.fileOf(scope), `${JSON.stringify(record)}\n`);
    const run = onTerminal(80, call(['--lock-timeout', '1200ms']), { NO_COLOR: '1' });
    expect(await run.status).toBe(75);
    expect(run.output()).toContain('evil');
    expect(screenOf(run.output(), 80).controls).toEqual([]);
    expect(run.output()).not.toMatch(/[\u202a-\u202e]/);
  });

  it.each(['node', 'bun'] as const)(
    'each Ctrl-C reaches the program once, and us it does not end, on %s',
    async (runtime) => {
      await holder.letGo();
      const program = `
      let count = 0;
      process.on('SIGINT', () => process.stdout.write('int ' + (count += 1) + '\\n'));
      process.stdin.once('data', () => setTimeout(() => process.exit(9), 200));
      console.log('up');`;
      const run = onTerminal(80, [...call([], runtime).slice(0, -2), runtimes.node, '-e', program]);
      await run.shown('up');
      run.type('\u0003');
      await run.shown('int 1');
      run.type('\u0003');
      await run.shown('int 2');
      run.type('quit\n');
      expect(await run.status).toBe(9);
      expect(run.output().match(/int \d/g)).toEqual(['int 1', 'int 2']);
    },
  );

  it.each([{ CI: 'true' }, { CI: '1' }])('nobody looks at says nothing but the failure: %j', async (env) => {
    const run = onTerminal(80, call(['--lock-timeout', '1200ms']), env);
    expect(await run.status).toBe(75);
    expect(run.output()).toMatch(/^error: /);
  });

  it('that is dumb gets whole lines', async () => {
    const run = onTerminal(80, call(['--lock-timeout', '1200ms']), { TERM: 'dumb' });
    expect(await run.status).toBe(75);
    expect(run.output()).toMatch(/^waiting for/);
    expect(run.output()).not.toContain(esc);
  });
});

describe('in a pipe', () => {
  it('nothing is said but the failure', async () => {
    const { stdout, stderr } = await place.run('run', [
      scope,
      '--lock-timeout',
      '1200ms',
      '--',
      'echo',
      'ran',
    ]);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error: .*\[LOCK_BUSY\]\nhint: .*\n$/);
  });

  it('with --progress plain each line is whole and has an end', async () => {
    const waiter = place.start('run', [scope, '--progress', 'plain', '--', 'echo', 'ran']);
    await heard(waiter, 'still waiting');
    await holder.letGo();
    const { status, stdout, stderr } = await waiter.finished;
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'ran\n' });
    const lines = stderr.split('\n');
    expect([lines.length, lines.at(-1)]).toEqual([4, '']);
    expect(stderr).not.toMatch(/[^\P{Cc}\n]/u);
  });
});
