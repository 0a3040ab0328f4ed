/**
 * A catalogue on a file system that refuses renames for a while, as Windows does while a scanner or reader has the file: the
 * publication is repeated inside what is left of the lock's limit, and tells how often and how long.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FilePort, nodeFilePort } from '@holdfast/atomic-writer';
import { type Clock, systemClock } from '@holdfast/base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCache } from './open-cache.ts';
import { runRefresh } from './refresh/run-refresh.ts';
import { sourceOf } from './source/source-of.ts';
import { cacheReason } from './steward/cache-reason.ts';

/** Time passes only while somebody sleeps. */
function sleepingClock(): Clock & { readonly sleeps: number[] } {
  let nowMs = 0;
  const sleeps: number[] = [];
  return {
    wallMs: systemClock.wallMs,
    monotonicMs: () => nowMs,
    sleeps,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      sleeps.push(ms);
      nowMs += ms;
    },
  };
}

/** Refuses the first renames with what Windows says of a sharing violation. */
function refusing(times: number): FilePort {
  let left = times;
  return {
    ...nodeFilePort,
    retryableErrnos: new Set(['EPERM', 'EACCES', 'EBUSY']),
    rename: (from, to) => {
      left -= 1;
      if (left >= 0) throw Object.assign(new Error('sharing violation'), { code: 'EPERM' });
      nodeFilePort.rename(from, to);
    },
  };
}

describe('sharing violations', () => {
  let stateDirectory: string;
  let clock: ReturnType<typeof sleepingClock>;

  beforeEach(() => {
    stateDirectory = mkdtempSync(join(tmpdir(), 'holdfast-sharing-'));
    writeFileSync(join(stateDirectory, 'source.json'), '{"tools":[1,2]}');
    clock = sleepingClock();
  });

  afterEach(() => {
    const left = readdirSync(join(stateDirectory, 'cache')).filter((name) => name.includes('holdfast-tmp'));
    rmSync(stateDirectory, { recursive: true });
    expect(left).toEqual([]);
  });

  const refreshed = async (fs: FilePort, waitMs: number) => {
    const source = sourceOf(join(stateDirectory, 'source.json'), '');
    const cache = openCache({ stateDirectory, source, lockBackend: 'auto', observer: {}, clock, fs });
    const limits = { maxAgeMs: 1, fetchTimeoutMs: 60_000, maxBytes: 1_000_000, waitMs };
    const { signal } = new AbortController();
    return await runRefresh({ cache, source, reason: cacheReason('manual'), ...limits, signal, clock });
  };

  it('are outlasted within the limit of the lock: 50 ms doubling to 1 s, and reported', async () => {
    const { report, error } = await refreshed(refusing(7), 60_000);
    expect(error).toBeUndefined();
    expect(report).toMatchObject({ outcome: 'refreshed', publish: { retries: 7, tookMs: 3_550 } });
    expect(clock.sleeps).toEqual([50, 100, 200, 400, 800, 1_000, 1_000]);
  });

  it('that outlast the limit end with what stood there before, and say how often it was tried', async () => {
    await refreshed(nodeFilePort, 60_000);
    const { report, error } = await refreshed(refusing(99), 200);
    expect(error).toMatchObject({
      code: 'WRITE_FAILED',
      details: { errno: 'EPERM', retries: 3, tookMs: 200 },
    });
    expect(report.publish).toBeNull();
    const again = await refreshed(nodeFilePort, 0);
    expect(again.report).toMatchObject({ outcome: 'refreshed', revision: 2 });
  });

  it('are met once by a limit of 0', async () => {
    const { error } = await refreshed(refusing(1), 0);
    expect(error).toMatchObject({ code: 'WRITE_FAILED', details: { retries: 0 } });
    expect(clock.sleeps).toEqual([]);
  });
});
