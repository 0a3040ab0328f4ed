/** What a person sees of a download, on a fake terminal, with fake timers. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FetchFeedback } from './fetch-feedback.ts';

const held = { scope: 'cache', backend: 'flock', waitedMs: 1_250 };

describe('feedback of a download', () => {
  beforeEach(() => vi.useFakeTimers({ now: 0, toFake: ['Date', 'setInterval', 'clearInterval'] }));
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  const feedbackOf = (mode: 'live' | 'plain' | 'quiet') => {
    const written: string[] = [];
    const stream = { isTTY: mode === 'live', columns: 80, write: (text: string) => written.push(text) };
    const now = () => vi.getMockedSystemTime()?.getTime() ?? 0;
    return { written, feedback: new FetchFeedback({ mode, stream, source: 'foojay', now }) };
  };

  it('plain appends a line every 5 s, after the one that tells the lock', () => {
    const { written, feedback } = feedbackOf('plain');
    feedback.locked(held);
    feedback.begin();
    feedback.advance(3_400_000);
    vi.advanceTimersByTime(11_000);
    feedback.end();
    expect(written.join('')).toBe(
      'cache is locked by flock, after a wait of 1.2 s\n' +
        'downloading foojay: 3.4 MB, 5.0 s elapsed\n' +
        'downloading foojay: 3.4 MB, 10.0 s elapsed\n',
    );
  });

  it('live shows one line, which is gone in the end', () => {
    const { written, feedback } = feedbackOf('live');
    feedback.begin();
    feedback.advance(812);
    vi.advanceTimersByTime(500);
    feedback.end();
    expect(written.join('')).toContain('downloading foojay: 812 B, 500 ms elapsed; Ctrl-C cancels');
    expect(written.at(-1)).toBe('\r\u001b[K');
    expect(written.join('')).not.toContain('\n');
  });

  it('quiet says nothing', () => {
    const { written, feedback } = feedbackOf('quiet');
    feedback.locked(held);
    feedback.begin();
    vi.advanceTimersByTime(60_000);
    feedback.end();
    expect(written).toEqual([]);
  });
});
