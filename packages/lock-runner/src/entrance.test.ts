/** What lies before every lock beyond this process, with a lock beyond that the test itself is. */
import type { Clock } from '@holdfast/base';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Entrance, type GrantBeyond, type SeekBeyond } from './entrance.ts';
import type { LockRequest } from './lock-backend.ts';
import { queuedKeys } from './process/process-queue.ts';

const failure = new Error('beyond is gone');

/** Of one test: what one leaves in the queue is in no other's way. */
let key: string;
let place = 0;
let nowMs: number;
let entrance: Entrance;
const prepare = vi.fn<() => void>();
const clock: Clock = { wallMs: () => 0, monotonicMs: () => nowMs, sleep: () => Promise.resolve() };

beforeEach(() => {
  place += 1;
  key = `beyond:${place}`;
  nowMs = 1_000;
  prepare.mockReset();
  entrance = new Entrance({ clock, prepare });
});

afterEach(() => {
  vi.useRealTimers();
  expect(isOccupied()).toBe(false);
});

function requestOf(options: Partial<LockRequest> = {}): LockRequest {
  return {
    scope: 'a',
    mode: 'exclusive',
    priority: 'interactive',
    purpose: undefined,
    waitMs: 10_000,
    signal: undefined,
    onBlocked: () => undefined,
    ...options,
  };
}

function grantOf(own: Partial<GrantBeyond> = {}): GrantBeyond {
  return {
    allotFence: async () => 7,
    contended: () => false,
    publish: (_fence, step) => step(),
    release: async () => undefined,
    ...own,
  };
}

const granting = (own: Partial<GrantBeyond> = {}) => vi.fn<SeekBeyond>(async () => grantOf(own));
const pass = (seek: SeekBeyond, options: Partial<LockRequest> = {}) =>
  entrance.pass(key, requestOf(options), seek);
const isOccupied = () => queuedKeys().includes(key);

describe('the lock directory', () => {
  it('is made ready once, before anybody enters', async () => {
    prepare.mockImplementation(() => expect(isOccupied()).toBe(false));
    for (let round = 0; round < 3; round += 1) await (await pass(granting()))?.release();
    expect(prepare).toHaveBeenCalledTimes(1);
  });

  it('is made ready again after a request that failed, not after one that came to nothing', async () => {
    expect(await pass(async () => undefined)).toBeUndefined();
    expect(prepare).toHaveBeenCalledTimes(1);
    await expect(pass(() => Promise.reject(failure))).rejects.toBe(failure);
    await (await pass(granting()))?.release();
    expect(prepare).toHaveBeenCalledTimes(2);
  });

  it('that cannot be made ready refuses each request until it can', async () => {
    prepare.mockImplementationOnce(() => {
      throw failure;
    });
    const seek = granting();
    await expect(pass(seek)).rejects.toBe(failure);
    expect(seek).not.toHaveBeenCalled();
    await (await pass(seek))?.release();
    expect(prepare).toHaveBeenCalledTimes(2);
  });
});

describe('one task of this process at a time', () => {
  it('goes on when the one before has given back, not sooner', async () => {
    const first = await pass(granting());
    const seek = granting();
    const second = pass(seek);
    expect(seek).not.toHaveBeenCalled();
    await first?.release();
    await (await second)?.release();
    expect(seek).toHaveBeenCalledTimes(1);
  });

  it('stays inside until the giving back has ended, although it fails', async () => {
    const giving = Promise.withResolvers<void>();
    const grant = await pass(granting({ release: () => giving.promise }));
    const released = grant?.release();
    await Promise.resolve();
    expect(isOccupied()).toBe(true);
    giving.reject(failure);
    await expect(released).rejects.toBe(failure);
    expect(isOccupied()).toBe(false);
  });

  it.each([
    ['came to nothing', async (): Promise<undefined> => undefined],
    ['failed', () => Promise.reject(failure)],
    [
      'failed at once',
      () => {
        throw failure;
      },
    ],
  ] as const)('leaves when what it sought %s', async (_how, seek) => {
    await Promise.allSettled([pass(seek)]);
    expect(isOccupied()).toBe(false);
  });

  it('has what it was granted', async () => {
    const lost = AbortSignal.abort();
    const own = { lost, allotFence: async () => 12, publish: vi.fn(), release: vi.fn(async () => undefined) };
    const grant = await pass(granting(own));
    const step = () => 'published';
    grant?.publish(12, step);
    expect(grant?.lost).toBe(lost);
    expect(await grant?.allotFence()).toBe(12);
    expect(own.publish).toHaveBeenCalledExactlyOnceWith(12, step);
    await grant?.release();
    expect(own.release).toHaveBeenCalledTimes(1);
  });

  it('is wanted by those of this process and those beyond', async () => {
    let isWantedBeyond = false;
    const grant = await pass(granting({ contended: () => isWantedBeyond }));
    expect(grant?.contended()).toBe(false);
    const cancel = new AbortController();
    const waiter = pass(granting(), { signal: cancel.signal, purpose: 'look' });
    expect(grant?.contended()).toBe(true);
    nowMs += 30;
    expect(entrance.waiters(key)).toMatchObject([{ pid: process.pid, purpose: 'look', sinceMs: 30 }]);
    cancel.abort(failure);
    await expect(waiter).rejects.toBe(failure);
    expect(grant?.contended()).toBe(false);
    expect(entrance.waiters(key)).toEqual([]);
    isWantedBeyond = true;
    expect(grant?.contended()).toBe(true);
    await grant?.release();
  });
});

describe('the wait limit', () => {
  it.each([
    [10_000, 6_000, 5_000],
    [3_000, 0, 0],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])('of %d ms is %d after four seconds in the queue, and %d a second later', async (waitMs, left, later) => {
    const first = await pass(granting());
    const seen: number[] = [];
    const second = pass(
      async (request, leftMs) => {
        seen.push(request.waitMs, leftMs());
        nowMs += 1_000;
        seen.push(leftMs());
        return undefined;
      },
      { waitMs },
    );
    nowMs += 4_000;
    await first?.release();
    await second;
    expect(seen).toEqual([left, left, later]);
  });

  it('that passes in the queue ends the wait there', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const first = await pass(granting());
    const [seek, onBlocked] = [granting(), vi.fn()];
    const second = pass(seek, { waitMs: 50, onBlocked });
    await vi.advanceTimersByTimeAsync(50);
    expect(await second).toBeUndefined();
    expect(onBlocked).toHaveBeenCalled();
    await first?.release();
    expect(seek).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('of 0 tries once beyond, and waits for nobody in the queue', async () => {
    const onBlocked = vi.fn();
    const once = { waitMs: 0, onBlocked };
    const seek = granting();
    const first = await pass(seek, once);
    expect(seek.mock.calls[0]?.[0]).toMatchObject({ waitMs: 0 });
    expect(await pass(seek, once)).toBeUndefined();
    expect(seek).toHaveBeenCalledTimes(1);
    expect(onBlocked).not.toHaveBeenCalled();
    await first?.release();
  });
});

it('a request whose signal has aborted before seeks nothing', async () => {
  const seek = granting();
  await expect(pass(seek, { signal: AbortSignal.abort(failure) })).rejects.toBe(failure);
  expect(seek).not.toHaveBeenCalled();
});
