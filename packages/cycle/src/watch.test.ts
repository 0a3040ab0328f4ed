/** The daemon loop against a clock that a test moves. */
import type { Clock } from '@holdfast/base';
import { describe, expect, it, vi } from 'vitest';
import { Wakeups } from './wakeups.ts';
import { type WatchedRun, type WatchOptions, watch } from './watch.ts';

interface Rest {
  readonly ms: number;
  readonly end: () => void;
  readonly isOver: () => boolean;
}

/** A clock whose sleeps end when the test says so, or when their signal aborts. */
function steppedClock(): Clock & { readonly rests: readonly Rest[] } {
  const rests: Rest[] = [];
  return {
    rests,
    wallMs: () => 0,
    monotonicMs: () => 0,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        let isOver = false;
        const end = () => {
          isOver = true;
          resolve();
        };
        const cut = () => {
          isOver = true;
          reject(signal?.reason);
        };
        if (signal?.aborted === true) cut();
        signal?.addEventListener('abort', cut, { once: true });
        rests.push({ ms, end, isOver: () => isOver });
      }),
  };
}

function watching(
  run: (causes: readonly string[]) => Promise<WatchedRun>,
  options: Partial<WatchOptions> = {},
) {
  const clock = steppedClock();
  const stop = new AbortController();
  const wakeups = new Wakeups();
  const spy = vi.fn(run);
  const settings = { intervalMs: 500, signal: stop.signal, wakeups, clock, random: () => 0.5, ...options };
  const ended = watch((causes) => spy([...causes].toSorted()), settings);
  return {
    run: spy,
    wakeups,
    ended,
    rests: clock.rests,
    stop: () => stop.abort(),
    causes: () => spy.mock.calls.map(([causes]) => causes),
    untilRests: (count: number) => vi.waitUntil(() => clock.rests.length === count, { interval: 0 }),
  };
}

const done = async (): Promise<WatchedRun> => 'done';

describe('watch', () => {
  it('runs, rests for its interval after the end of a run, and runs again', async () => {
    const loop = watching(done);
    await loop.untilRests(1);
    expect(loop.causes()).toEqual([['start']]);
    loop.rests[0]?.end();
    await loop.untilRests(2);
    expect(loop.causes()).toEqual([['start'], ['interval']]);
    expect(loop.rests.map(({ ms }) => ms)).toEqual([500, 500]);
    loop.stop();
    await loop.ended;
    expect(loop.run).toHaveBeenCalledTimes(2);
  });

  it.each([
    [0, 450],
    [0.5, 500],
    [1, 550],
  ])('with luck of %d rests for %d ms of 500', async (luck, ms) => {
    const loop = watching(done, { random: () => luck });
    await loop.untilRests(1);
    expect(loop.rests[0]?.ms).toBeCloseTo(ms);
    loop.stop();
    await loop.ended;
  });

  it('that is woken ends its rest and names the causes', async () => {
    const loop = watching(done);
    await loop.untilRests(1);
    loop.wakeups.wake('trigger');
    loop.wakeups.wake('spool');
    await loop.untilRests(2);
    expect(loop.causes()).toEqual([['start'], ['spool', 'trigger']]);
    loop.stop();
    await loop.ended;
  });

  it('that is woken many times during a run runs once more', async () => {
    const gate = Promise.withResolvers<void>();
    const loop = watching(async (causes) => {
      if (causes.includes('start')) await gate.promise;
      return 'done';
    });
    await vi.waitUntil(() => loop.run.mock.calls.length === 1, { interval: 0 });
    for (let times = 0; times < 200; times += 1) loop.wakeups.wake('trigger');
    gate.resolve();
    await vi.waitUntil(() => loop.rests.some(({ isOver }) => !isOver()), { interval: 0 });
    expect(loop.causes()).toEqual([['start'], ['trigger']]);
    loop.stop();
    await loop.ended;
  });

  it('pauses twice as long after each failure, up to its longest, and begins anew after a success', async () => {
    const ends: WatchedRun[] = ['again', 'again', 'again', 'again', 'again', 'again', 'done', 'again'];
    const loop = watching(async () => ends.shift() ?? 'done', { random: () => 1 });
    for (let rest = 0; rest < 8; rest += 1) {
      await loop.untilRests(rest + 1);
      loop.rests[rest]?.end();
    }
    await loop.untilRests(9);
    expect(loop.rests.map(({ ms }) => ms).slice(0, 8)).toEqual([
      250, 500, 1_000, 2_000, 4_000, 5_000, 550, 250,
    ]);
    loop.stop();
    await loop.ended;
  });

  it('that is woken while it pauses after a failure does not hurry', async () => {
    const loop = watching(async () => 'again');
    await loop.untilRests(1);
    loop.wakeups.wake('trigger');
    await Promise.resolve();
    expect(loop.rests[0]?.isOver()).toBe(false);
    loop.rests[0]?.end();
    await loop.untilRests(2);
    expect(loop.causes()).toEqual([['start'], ['again', 'trigger']]);
    loop.stop();
    await loop.ended;
  });

  it('waits until it is ready before each run', async () => {
    const ready = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let asked = 0;
    const loop = watching(done, {
      ready: () => {
        asked += 1;
        return ready[asked - 1]?.promise ?? Promise.resolve();
      },
    });
    await Promise.resolve();
    expect(loop.run).not.toHaveBeenCalled();
    ready[0]?.resolve();
    await loop.untilRests(1);
    loop.wakeups.wake('trigger');
    await vi.waitUntil(() => asked === 2, { interval: 0 });
    expect(loop.run).toHaveBeenCalledTimes(1);
    loop.stop();
    ready[1]?.resolve();
    await loop.ended;
    expect(loop.run).toHaveBeenCalledTimes(1);
  });

  it('lets the run end that is under way when it is told to stop', async () => {
    const { promise, resolve } = Promise.withResolvers<WatchedRun>();
    const ended = vi.fn();
    const loop = watching(() => promise);
    const over = loop.ended.then(ended);
    loop.stop();
    await Promise.resolve();
    expect(ended).not.toHaveBeenCalled();
    resolve('done');
    await over;
    expect(loop.rests).toEqual([]);
  });

  it('does not run when it was told to stop before', async () => {
    const loop = watching(done, { signal: AbortSignal.abort() });
    await loop.ended;
    expect(loop.run).not.toHaveBeenCalled();
  });

  it('ends with what a run throws', async () => {
    const failure = new Error('for good');
    await expect(watching(() => Promise.reject(failure)).ended).rejects.toBe(failure);
  });
});
