/** The daemon loop against a clock that a test moves. */
import type { Clock } from '@holdfast/base';
import { describe, expect, it, vi } from 'vitest';
import { watch } from './watch.ts';

/** A clock whose sleeps end when the test says so, or when their signal aborts. */
function steppedClock(): Clock & { readonly rests: { readonly ms: number; readonly end: () => void }[] } {
  const rests: { readonly ms: number; readonly end: () => void }[] = [];
  return {
    rests,
    wallMs: () => 0,
    monotonicMs: () => 0,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
        rests.push({ ms, end: resolve });
      }),
  };
}

const untilRests = (clock: ReturnType<typeof steppedClock>, count: number) =>
  vi.waitUntil(() => clock.rests.length === count, { interval: 0 });

describe('watch', () => {
  it('runs, rests for its interval after the end of a run, and runs again', async () => {
    const clock = steppedClock();
    const stop = new AbortController();
    const run = vi.fn(async () => undefined);
    const loop = watch(run, { intervalMs: 500, signal: stop.signal, onError: () => undefined, clock });
    await untilRests(clock, 1);
    expect(run).toHaveBeenCalledTimes(1);
    clock.rests[0]?.end();
    await untilRests(clock, 2);
    expect(run).toHaveBeenCalledTimes(2);
    expect(clock.rests.map(({ ms }) => ms)).toEqual([500, 500]);
    stop.abort();
    await loop;
    expect(run).toHaveBeenCalledTimes(2);
  });

  it('hands a failed run over and goes on', async () => {
    const clock = steppedClock();
    const stop = new AbortController();
    const failure = new Error('once');
    const onError = vi.fn();
    const run = vi.fn(async () => undefined).mockRejectedValueOnce(failure);
    const loop = watch(run, { intervalMs: 1, signal: stop.signal, onError, clock });
    await untilRests(clock, 1);
    clock.rests[0]?.end();
    await untilRests(clock, 2);
    stop.abort();
    await loop;
    expect(onError.mock.calls).toEqual([[failure]]);
    expect(run).toHaveBeenCalledTimes(2);
  });

  it('lets the run end that is under way when it is told to stop', async () => {
    const clock = steppedClock();
    const stop = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    const ended = vi.fn();
    const loop = watch(() => promise, { intervalMs: 1, signal: stop.signal, onError: ended, clock }).then(
      ended,
    );
    stop.abort();
    await Promise.resolve();
    expect(ended).not.toHaveBeenCalled();
    resolve();
    await loop;
    expect(clock.rests).toEqual([]);
  });

  it('does not run when it was told to stop before', async () => {
    const run = vi.fn(async () => undefined);
    await watch(run, {
      intervalMs: 1,
      signal: AbortSignal.abort(),
      onError: () => undefined,
      clock: steppedClock(),
    });
    expect(run).not.toHaveBeenCalled();
  });
});
