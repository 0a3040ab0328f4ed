/** How a gateway stands, as its daemon answers it: from the files of a state directory, for those who may not read them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Log, silentLog, systemClock } from '@holdfast/base';
import { LockRunner } from '@holdfast/lock-runner';
import { afterEach, beforeEach, describe, expect, it, type Mock, vi } from 'vitest';
import { type StandingDocument, standingAnswer } from './standing-answer.ts';

let stateDir: string;
let nowMs: number;
let gateway: string | null;
let warn: Mock<Log['warn']>;
let answer: () => Promise<StandingDocument>;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'holdfast-standing-'));
  nowMs = 0;
  gateway = 'gw1';
  warn = vi.fn<Log['warn']>();
  answer = standingAnswer({
    place: { stateDir, lockBackend: 'auto' },
    gatewayOf: () => gateway,
    clock: { ...systemClock, monotonicMs: () => nowMs },
    log: { ...silentLog, warn },
  });
});

afterEach(() => rmSync(stateDir, { recursive: true }));

const holding = (purpose: string) =>
  new LockRunner({ directory: join(stateDir, 'locks') }).acquire('policy:gw1', { purpose });

describe('the standing of a gateway', () => {
  it('of a gateway whose name nobody knows yet is nothing', async () => {
    gateway = null;
    await using _held = await holding('a run');
    expect(await answer()).toEqual({ gateway: null, runs: null, lock: null });
  });

  it('lacks a history that is damaged, and tells the log once until that is over', async () => {
    const history = join(stateDir, 'runs', 'gw1.json');
    mkdirSync(join(stateDir, 'runs'));
    const runs: unknown[] = [];
    for (const isDamaged of [true, true, false, true]) {
      if (isDamaged) writeFileSync(history, 'no document');
      else rmSync(history);
      runs.push((await answer()).runs);
      nowMs += 100;
    }
    expect(runs).toEqual([null, null, [], null]);
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('is read once for all who ask within a tenth of a second', async () => {
    const [first, second] = await Promise.all([answer(), answer()]);
    expect(first).toEqual({ gateway: 'gw1', runs: [], lock: null });
    expect(second).toBe(first);
    await using _held = await holding('a run');
    nowMs = 99;
    expect(await answer()).toBe(first);
    nowMs = 100;
    expect(await answer()).toMatchObject({ lock: { holder: { pid: process.pid, purpose: 'a run' } } });
  });
});
