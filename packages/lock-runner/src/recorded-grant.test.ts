/** A grant that came with its generation, on a host that has seen others: real files, a server that the test is. */
import { join } from 'node:path';
import { type Clock, HoldfastError, systemClock } from '@holdfast/base';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type TemporaryDirectory, temporaryDirectory } from '../../../tests/support/temporary-directory.ts';
import { lastFence, publishPath, recordFence } from './directory/fence-file.ts';
import { closeLockFile, tryLockFile } from './flock/lock-file.ts';
import { recordedGrant } from './recorded-grant.ts';
import { until } from './testing/until.ts';

const scope = 'policy:gw1';
const lost = expect.objectContaining({ code: 'LOCK_LOST' });

let base: TemporaryDirectory;
let path: string;
let isCurrent: boolean;
const release = vi.fn<() => Promise<void>>();

beforeEach(async () => {
  base = await temporaryDirectory();
  path = join(base.path, 'scope.lock');
  isCurrent = true;
  release.mockReset().mockResolvedValue();
});

afterEach(async () => {
  await base[Symbol.asyncDispose]();
});

interface World {
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

function recorded(fence: number, { waitMs = 60_000, signal, clock = systemClock }: World = {}) {
  const hold = {
    lost: new AbortController().signal,
    requireCurrent: () => {
      if (!isCurrent) throw new HoldfastError('LOCK_LOST', 'the lease has run out');
    },
    contended: () => false,
    release,
  };
  return recordedGrant(hold, { path, scope, fence, clock, waitMs, signal });
}

/** Somebody was stopped inside a publish. */
function stoppedPublish(): { land(): void } {
  const file = tryLockFile(publishPath(path), 'exclusive');
  if (file === undefined) throw new Error('somebody else publishes');
  return { land: () => closeLockFile(file) };
}

/** Notes how often a pause was begun. */
function pausing(): { readonly clock: Clock; readonly pauses: () => number } {
  const sleep = vi.fn(systemClock.sleep);
  return { clock: { ...systemClock, sleep }, pauses: () => sleep.mock.calls.length };
}

describe('a grant', () => {
  it('is handed out once its generation is recorded, and kept', async () => {
    const grant = await recorded(7);
    expect(lastFence(path)).toBe(7);
    expect(await grant?.allotFence()).toBe(7);
    expect(grant?.publish(undefined, () => 'published')).toBe('published');
    expect(release).not.toHaveBeenCalled();
    await grant?.release();
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('that was overtaken on this host before it was handed out is given back', async () => {
    recordFence(path, scope, 8);
    await expect(recorded(7)).rejects.toEqual(lost);
    expect(release).toHaveBeenCalledTimes(1);
    expect(lastFence(path)).toBe(8);
  });

  it('that was lost before it was handed out is given back, and keeps nobody from publishing', async () => {
    isCurrent = false;
    await expect(recorded(7)).rejects.toEqual(lost);
    expect(release).toHaveBeenCalledTimes(1);
    expect(lastFence(path)).toBe(0);
  });

  it('that was overtaken later publishes nothing, although nobody told it and it asked for no generation', async () => {
    const grant = await recorded(7);
    recordFence(path, scope, 8);
    const step = vi.fn();
    expect(() => grant?.publish(undefined, step)).toThrow(lost);
    expect(step).not.toHaveBeenCalled();
  });

  it('that was lost later publishes nothing and tells no generation', async () => {
    const grant = await recorded(7);
    isCurrent = false;
    const step = vi.fn();
    expect(() => grant?.publish(7, step)).toThrow(lost);
    await expect(grant?.allotFence()).rejects.toEqual(lost);
    expect(step).not.toHaveBeenCalled();
  });
});

describe('a publish of somebody who was stopped', () => {
  it('is waited for, and has landed when the grant is handed out', async () => {
    const publish = stoppedPublish();
    const { clock, pauses } = pausing();
    const granted = recorded(7, { clock });
    await until(() => pauses() >= 2);
    expect(lastFence(path)).toBe(0);
    publish.land();
    await expect(granted).resolves.toBeDefined();
    expect(lastFence(path)).toBe(7);
  });

  it('is waited for no longer than the limit; then the lock is given back', async () => {
    const publish = stoppedPublish();
    expect(await recorded(7, { waitMs: 30 })).toBeUndefined();
    expect(release).toHaveBeenCalledTimes(1);
    publish.land();
    expect(lastFence(path)).toBe(0);
  });

  it('is waited for no longer than the caller does; then the lock is given back', async () => {
    const publish = stoppedPublish();
    const cancel = new AbortController();
    const { clock, pauses } = pausing();
    const granted = recorded(7, { clock, signal: cancel.signal });
    const ended = expect(granted).rejects.toBe('enough');
    await until(() => pauses() >= 1);
    cancel.abort('enough');
    await ended;
    expect(release).toHaveBeenCalledTimes(1);
    publish.land();
  });

  it('is waited for no longer than the lock is ours', async () => {
    const publish = stoppedPublish();
    const { clock, pauses } = pausing();
    const ended = expect(recorded(7, { clock })).rejects.toEqual(lost);
    await until(() => pauses() >= 1);
    isCurrent = false;
    await ended;
    publish.land();
  });

  it('costs a limit of 0 one try', async () => {
    await expect(recorded(7, { waitMs: 0 })).resolves.toBeDefined();
    const publish = stoppedPublish();
    expect(await recorded(8, { waitMs: 0 })).toBeUndefined();
    publish.land();
    expect(lastFence(path)).toBe(7);
  });
});
