/** Runs and lock of a gateway, as they are told to those who may not read the files of its machine. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LockBackendName } from '@holdfast/host/config';
import { LockRunner } from '@holdfast/lock-runner';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { policyDocuments } from '../command/policy-documents.ts';
import type { RunRecord } from '../command/run-record.ts';
import { standingLock, standingRuns } from './gateway-standing.ts';

const scope = 'policy:gw1';
let place: { readonly stateDir: string; readonly lockBackend: LockBackendName };
let runner: LockRunner;

beforeEach(() => {
  place = { stateDir: mkdtempSync(join(tmpdir(), 'holdfast-standing-')), lockBackend: 'auto' };
  runner = new LockRunner({ directory: join(place.stateDir, 'locks') });
});

afterEach(async () => {
  await runner.close();
  rmSync(place.stateDir, { recursive: true });
});

const runOf = (covered: number): RunRecord => ({
  endedAt: '2026-01-02T03:04:05.678Z',
  outcome: 'applied',
  reason: 'timer',
  covered,
  rolledForward: false,
  changes: { nft: 1, tc: 0 },
  digest: 'abc',
  tookMs: 12,
  error: null,
});

describe('the standing of a gateway', () => {
  it('has its last runs, the newest first, without their digests', async () => {
    mkdirSync(join(place.stateDir, 'runs'));
    const documents = policyDocuments({ stateDir: place.stateDir, gateway: 'gw1' });
    await runner.run(scope, {}, async (held) => {
      await documents.recordRun(held, runOf(1));
      await documents.recordRun(held, runOf(2));
    });
    const { digest: _digest, ...told } = runOf(2);
    expect(await standingRuns(place, 'gw1')).toEqual([told, { ...told, covered: 1 }]);
  });

  it('has who holds its lock and who waits for it, in printable words', async () => {
    const cancel = new AbortController();
    await using _held = await runner.acquire(scope, { purpose: 'a\u001b[31m run\nof \u202etxt' });
    const waiting = runner
      .acquire(scope, { purpose: 'another\r', signal: cancel.signal })
      .catch(() => undefined);
    const own = { pid: process.pid, host: expect.any(String), sinceMs: expect.any(Number) };
    await expect
      .poll(() => standingLock(place, 'gw1'))
      .toMatchObject({ waiters: [{ ...own, purpose: 'another?' }] });
    expect(await standingLock(place, 'gw1')).toMatchObject({
      scope,
      holder: { ...own, purpose: 'a?[31m run?of ?txt' },
    });
    cancel.abort();
    await waiting;
  });

  it('names the first 500 who wait', async () => {
    const cancel = new AbortController();
    await using _held = await runner.acquire(scope);
    const waiting = Array.from({ length: 501 }, () =>
      runner.acquire(scope, { signal: cancel.signal }).catch(() => undefined),
    );
    await expect.poll(async () => (await standingLock(place, 'gw1'))?.waiters.length).toBe(500);
    cancel.abort();
    await Promise.all(waiting);
  });

  it('is told before the first run, and makes no directory for it', async () => {
    const nowhere = { ...place, stateDir: join(place.stateDir, 'none') };
    expect(await standingRuns(nowhere, 'gw1')).toEqual([]);
    expect(await standingLock(nowhere, 'gw1')).toBeNull();
    expect(existsSync(nowhere.stateDir)).toBe(false);
  });
});
