/** What a person sees, on a fake terminal, with fake timers. */
import type { LockWait } from '@holdfast/base';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createWaitFeedback, type FeedbackStream, type Progress } from './wait-feedback.ts';

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

function feedbackOn(stream: FeedbackStream, progress: Progress = 'auto') {
  return createWaitFeedback({
    progress,
    stream,
    limitName: '--lock-timeout',
    now: () => vi.getMockedSystemTime()?.getTime() ?? 0,
  });
}

describe('wait feedback', () => {
  beforeEach(() => vi.useFakeTimers({ now: 0, toFake: ['Date', 'setInterval', 'clearInterval'] }));
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

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
    expect(first.indexOf('\n')).toBe(first.length - 1);
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

  it.each([20, 5, 1])('fits the live line on a terminal of %d columns', (columns) => {
    const stream = fakeStream({ columns });
    const feedback = feedbackOn(stream);
    feedback.waiting?.(wait);
    stream.written.length = 0;
    vi.advanceTimersByTime(1_000);
    expect(stream.written.join('').slice(clearLine.length).length).toBeLessThan(columns);
    feedback.acquired?.(acquired(1_000));
  });

  it('takes a terminal of unknown width for 80 columns', () => {
    const stream = fakeStream({ columns: 0 });
    const feedback = feedbackOn(stream);
    feedback.waiting?.({ ...wait, scope: 'x'.repeat(200) });
    stream.written.length = 0;
    vi.advanceTimersByTime(1_000);
    expect(stream.written.join('').slice(clearLine.length)).toHaveLength(79);
    feedback.acquired?.(acquired(1_000, 'x'.repeat(200)));
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
});
