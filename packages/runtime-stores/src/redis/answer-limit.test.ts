/** Answers that come, that do not, and the timers that are shared meanwhile. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AnswerLimit } from './answer-limit.ts';

describe('a limit of 800 ms for answers', () => {
  let limit: AnswerLimit;
  const never = new Promise<string>(() => undefined);
  const overdue = 'no answer in time';

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    limit = new AnswerLimit(800);
  });
  afterEach(() => {
    vi.runAllTimers();
    vi.useRealTimers();
  });

  it('hands on what is answered, and what is refused', async () => {
    await expect(limit.wait(async () => 'yes')).resolves.toBe('yes');
    await expect(limit.wait(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  it('ends a wait after it, an eighth later at the most, and aborts first', async () => {
    const events: unknown[] = [];
    const wait = limit.wait((signal) => {
      signal.addEventListener('abort', () => events.push('aborted'));
      return never;
    });
    wait.catch((error: Error) => events.push(error.message));
    await vi.advanceTimersByTimeAsync(800);
    expect(events).toEqual([]);
    await vi.advanceTimersByTimeAsync(100);
    expect(events).toEqual(['aborted', overdue]);
  });

  it('gives a call that joins another all of its time', async () => {
    const first = limit.wait(() => never);
    await vi.advanceTimersByTimeAsync(99);
    const second = limit.wait(() => never);
    expect(vi.getTimerCount()).toBe(1);
    const ends = Promise.allSettled([first, second]);
    await vi.advanceTimersByTimeAsync(801);
    await expect(ends).resolves.toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
  });

  it('gives one that comes later a time of its own', async () => {
    const first = limit.wait(() => never);
    first.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(101);
    let isOver = false;
    const later = limit.wait(() => never).finally(() => (isOver = true));
    later.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(799);
    await expect(first).rejects.toThrow(overdue);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(101);
    await expect(later).rejects.toThrow(overdue);
  });

  it('is as long as a timer can be, where it has no end', async () => {
    let isOver = false;
    const wait = new AnswerLimit(Number.POSITIVE_INFINITY).wait(() => never).finally(() => (isOver = true));
    wait.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect(isOver).toBe(false);
  });
});
