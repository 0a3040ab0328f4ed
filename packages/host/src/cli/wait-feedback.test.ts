/** What a person sees, on a fake terminal, with fake timers. */
import type { LockWait } from '@holdfast/base';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Progress } from '../config/index.ts';
import type { FeedbackStream } from './status-line.ts';
import { displayWidth } from './terminal-text.ts';
import { createWaitFeedback } from './wait-feedback.ts';

const holder = { pid: 4_711, host: 'here', purpose: 'vpn-policy-reconcile', sinceMs: 2_500 };
const wait: LockWait = { scope: 'policy:gw1', backend: 'flock', waitMs: 30_000, holder };
const clearLine = '\r\x1b[K';

interface FakeStream extends FeedbackStream {
  readonly written: string[];
}

function fakeStream(facts: { isTTY?: boolean; columns?: number } = {}): FakeStream {
  const written: string[] = [];
  return { isTTY: true, columns: 80, ...facts, written, write: (text) => written.push(text) };
}

function feedbackOn(stream: FeedbackStream, progress: Progress = 'auto', limitName = '--lock-timeout') {
  return createWaitFeedback({
    progress,
    stream,
    limitName,
    environment: {},
    now: () => vi.getMockedSystemTime()?.getTime() ?? 0,
  });
}

describe('wait feedback', () => {
  beforeEach(() => vi.useFakeTimers({ now: 0, toFake: ['Date', 'setInterval', 'clearInterval'] }));
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  /** What stands on the screen in the end and stood there meanwhile, line by line. */
  const linesOf = ({ written }: Pick<FakeStream, 'written'>) =>
    written
      .join('')
      .split('\n')
      .flatMap((row) => row.split(clearLine))
      .filter((line) => line !== '');
  const acquired = (waitedMs: number, scope = wait.scope) => ({ scope, backend: 'flock', waitedMs });

  it('says at once who holds what for how long, the limit, how to cancel and who sets the limit', () => {
    const stream = fakeStream();
    const feedback = feedbackOn(stream);
    feedback.waiting?.(wait);
    const first = stream.written.join('');
    for (const fact of [
      'policy:gw1',
      '4711',
      'vpn-policy-reconcile',
      '2.5 s',
      '30s',
      '--lock-timeout',
      'Ctrl-C',
    ]) {
      expect(first).toContain(fact);
    }
    expect(first.endsWith('\n')).toBe(true);
    expect(stream.written).toHaveLength(1);
    feedback.acquired?.(acquired(1));
  });

  it('names no pid of a holder of which only the claim is known', () => {
    const stream = fakeStream({ columns: 200 });
    const feedback = feedbackOn(stream);
    feedback.waiting?.({
      ...wait,
      holder: { pid: 0, host: 'here', purpose: 'proper-lockfile, unknown process' },
    });
    expect(stream.written.join('')).toContain('held by proper-lockfile, unknown process;');
    expect(stream.written.join('')).not.toContain('pid');
    feedback.acquired?.(acquired(1));
  });

  it('says which flag overrules the setting that decided', () => {
    const stream = fakeStream({ columns: 200 });
    const feedback = feedbackOn(stream, 'auto', 'HOLDFAST_LOCK_TIMEOUT');
    feedback.waiting?.(wait);
    expect(stream.written.join('')).toMatch(/30s \(HOLDFAST_LOCK_TIMEOUT\).*--lock-timeout/);
    feedback.acquired?.(acquired(1));
  });

  it('replaces one live line each second, with elapsed and remaining', () => {
    const stream = fakeStream();
    const feedback = feedbackOn(stream);
    feedback.waiting?.(wait);
    stream.written.length = 0;
    vi.advanceTimersByTime(3_000);
    expect(stream.written).toHaveLength(3);
    expect(stream.written.every((text) => text.startsWith(clearLine) && !text.includes('\n'))).toBe(true);
    expect(stream.written[2]).toMatch(/3\.0 s .*27\.0 s/);
    feedback.acquired?.(acquired(3_000));
  });

  it.each(['acquired', 'timeout', 'cancelled'] as const)(
    'ends with one line that tells the outcome: %s',
    (outcome) => {
      const stream = fakeStream();
      const feedback = feedbackOn(stream);
      feedback.waiting?.(wait);
      vi.advanceTimersByTime(1_000);
      stream.written.length = 0;
      if (outcome === 'acquired') feedback.acquired?.(acquired(1_500));
      else feedback.gaveUp?.({ scope: wait.scope, outcome, waitedMs: 1_500 });
      vi.advanceTimersByTime(10_000);
      const said = stream.written.join('');
      expect(said.startsWith(clearLine)).toBe(true);
      expect(said.match(/\n/g)).toHaveLength(1);
      expect(said).toContain('1.5 s');
    },
  );

  it('tells an infinite limit as one', () => {
    const stream = fakeStream();
    const feedback = feedbackOn(stream);
    feedback.waiting?.({ ...wait, waitMs: Number.POSITIVE_INFINITY });
    vi.advanceTimersByTime(1_000);
    expect(stream.written.join('')).toContain('infinite');
    expect(stream.written.at(-1)).toContain('no limit');
    feedback.acquired?.(acquired(1_000));
  });

  const foreign = {
    ...wait,
    scope: `日本語:${'\u{1F680}e\u0301'.repeat(60)}`,
    holder: { ...holder, purpose: '漢'.repeat(90) },
  };

  it.each([
    [80, wait],
    [40, wait],
    [20, wait],
    [12, wait],
    [11, wait],
    [5, wait],
    [1, wait],
    [40, foreign],
    [29, wait],
    [20, foreign],
    [11, foreign],
    [2, foreign],
  ])('has no line that is longer than %d columns', (columns, event) => {
    const stream = fakeStream({ columns });
    const feedback = feedbackOn(stream);
    feedback.waiting?.(event);
    vi.advanceTimersByTime(3_000);
    feedback.gaveUp?.({ scope: event.scope, outcome: 'timeout', waitedMs: 3_000 });
    expect(linesOf(stream).filter((line) => displayWidth(line) > columns)).toEqual([]);
    const live = stream.written.filter((text) => text.startsWith(clearLine) && !text.endsWith('\n'));
    // The terminal echoes a Ctrl-C behind it, and that must not begin a new row.
    const withEcho = live.map((text) => displayWidth(`${text.slice(clearLine.length)}^C`));
    if (columns > 3) expect(Math.max(...withEcho)).toBeLessThan(columns);
  });

  it.each([
    [80, 'still waiting for policy:gw1: 3.0 s elapsed, 27.0 s left; Ctrl-C cancels'],
    [53, 'waiting for policy:gw1: 3.0 s elapsed, 27.0 s left'],
    [40, '3.0 s elapsed, 27.0 s left'],
    [20, '3 of 30 s'],
  ])('says on %d columns what matters most', (columns, said) => {
    const stream = fakeStream({ columns });
    const feedback = feedbackOn(stream);
    feedback.waiting?.(wait);
    vi.advanceTimersByTime(3_000);
    expect(stream.written.at(-1)).toBe(`${clearLine}${said}`);
    feedback.acquired?.(acquired(3_000));
  });

  it('loses nothing of the first line on a narrow terminal', () => {
    const [narrow, wide] = [fakeStream({ columns: 20 }), fakeStream({ columns: 500 })];
    for (const stream of [narrow, wide]) {
      const feedback = feedbackOn(stream);
      feedback.waiting?.(wait);
      feedback.acquired?.(acquired(1));
    }
    const words = (stream: FakeStream) => linesOf(stream).join('').replaceAll(' ', '');
    expect(words(narrow)).toBe(words(wide));
  });

  it.each([{ columns: 0 }, {}])('takes a terminal of unknown width for 80 columns: %j', (facts) => {
    const written: string[] = [];
    const stream = { isTTY: true, ...facts, written, write: (text: string) => written.push(text) };
    const feedback = feedbackOn(stream);
    feedback.waiting?.({ ...wait, scope: 'x'.repeat(200) });
    expect(linesOf(stream).every((line) => line.length <= 80)).toBe(true);
    expect(linesOf(stream).some((line) => line.length > 60)).toBe(true);
    feedback.acquired?.(acquired(1_000, 'x'.repeat(200)));
  });

  it('fits a terminal that changes its width during the wait', () => {
    const stream = fakeStream({ columns: 80 }) as FakeStream & { columns: number };
    const feedback = feedbackOn(stream);
    feedback.waiting?.(wait);
    vi.advanceTimersByTime(1_000);
    stream.columns = 20;
    stream.written.length = 0;
    vi.advanceTimersByTime(1_000);
    feedback.gaveUp?.({ scope: wait.scope, outcome: 'cancelled', waitedMs: 2_000 });
    expect(linesOf(stream).filter((line) => displayWidth(line) > 20)).toEqual([]);
  });

  it.each(['auto', 'plain'] as const)(
    'sends nothing of a foreign purpose that moves a cursor, as %s',
    (mode) => {
      const stream = fakeStream({ columns: 200 });
      const feedback = feedbackOn(stream, mode);
      const purpose = '\x1b[2J\x1b]0;owned\x07\u009b1A\u202Egnp.\r\nerror: gone';
      const scope = 'a\u202Eb';
      feedback.waiting?.({ ...wait, scope, holder: { ...holder, purpose } });
      vi.advanceTimersByTime(5_000);
      feedback.lost?.({ scope, backend: 'lockfile', heldMs: 1, reason: new Error(purpose) });
      feedback.acquired?.(acquired(5_000, scope));
      const said = stream.written.join('').replaceAll(clearLine, '');
      expect(said).not.toMatch(/[^\P{C}\n]/u);
      expect(said).toContain('owned');
    },
  );

  it('leaves the cursor on a free line when the process ends during the wait', () => {
    const before = process.listenerCount('exit');
    const stream = fakeStream();
    const feedback = feedbackOn(stream);
    feedback.waiting?.(wait);
    vi.advanceTimersByTime(1_000);
    expect(process.listenerCount('exit')).toBe(before + 1);
    const [atExit] = process.listeners('exit').slice(-1);
    atExit?.call(process, 0);
    expect(stream.written.at(-1)).toBe(clearLine);
    feedback.acquired?.(acquired(1_000));
    expect(process.listenerCount('exit')).toBe(before);
  });

  it('appends a line every five seconds as plain, without control characters', () => {
    const stream = fakeStream({ isTTY: false });
    const feedback = feedbackOn(stream, 'plain');
    feedback.waiting?.(wait);
    vi.advanceTimersByTime(11_000);
    feedback.acquired?.(acquired(11_000));
    expect(stream.written).toHaveLength(4);
    expect(stream.written.every((text) => /^\P{Cc}+\n$/u.test(text))).toBe(true);
  });

  it.each([
    ['auto', { isTTY: false }],
    ['none', { isTTY: true }],
    ['none', { isTTY: false }],
  ] as const)('says nothing as %s on %j', (progress, facts) => {
    const stream = fakeStream(facts);
    const feedback = feedbackOn(stream, progress);
    feedback.waiting?.(wait);
    vi.advanceTimersByTime(60_000);
    feedback.gaveUp?.({ scope: wait.scope, outcome: 'timeout', waitedMs: 60_000 });
    expect(stream.written).toEqual([]);
  });

  const fallback = { directory: '/mnt/locks', backend: 'lockfile', reason: 'the directory is on NFS' };

  it.each([
    ['auto', true],
    ['auto', false],
    ['plain', false],
    ['none', false],
  ] as const)('warns of a fallback once, as %s, on a terminal %s', (progress, isTTY) => {
    const stream = fakeStream({ isTTY, columns: 200 });
    feedbackOn(stream, progress).fallback?.(fallback);
    feedbackOn(stream, progress).fallback?.(fallback); // the next runner of a daemon
    expect(linesOf(stream)).toHaveLength(1);
    for (const fact of ['warning', '/mnt/locks', 'lockfile', 'NFS'])
      expect(linesOf(stream)[0]).toContain(fact);
  });

  it('tells a lost lock with its reason', () => {
    const stream = fakeStream();
    const reason = new Error('the lease ran out');
    feedbackOn(stream).lost?.({ scope: wait.scope, backend: 'redis', heldMs: 61_000, reason });
    expect(linesOf(stream)[0]).toMatch(/lost.*policy:gw1.*1 min 01 s.*the lease ran out/);
  });

  it('says nothing about a lock that was free', () => {
    const stream = fakeStream();
    const feedback = feedbackOn(stream);
    feedback.acquired?.(acquired(0));
    feedback.released?.({ scope: wait.scope, heldMs: 1 });
    expect(stream.written).toEqual([]);
  });

  it('keeps two waits at once apart and ends both', () => {
    const stream = fakeStream({ isTTY: false });
    const feedback = feedbackOn(stream, 'plain');
    feedback.waiting?.(wait);
    feedback.waiting?.({ ...wait, scope: 'token:web' });
    feedback.acquired?.(acquired(10));
    stream.written.length = 0;
    vi.advanceTimersByTime(5_000);
    expect(stream.written).toHaveLength(1);
    expect(stream.written[0]).toContain('token:web');
    feedback.acquired?.(acquired(5_000, 'token:web'));
  });

  it('says on the live line how many other waits there are', () => {
    const stream = fakeStream({ columns: 200 });
    const feedback = feedbackOn(stream);
    feedback.waiting?.(wait);
    feedback.waiting?.({ ...wait, scope: 'token:web' });
    vi.advanceTimersByTime(1_000);
    expect(stream.written.at(-1)).toMatch(/policy:gw1 \(and 1 more\)/);
    feedback.acquired?.(acquired(1_000));
    vi.advanceTimersByTime(1_000);
    expect(stream.written.at(-1)).toMatch(/token:web: /);
    feedback.acquired?.(acquired(2_000, 'token:web'));
  });
});
