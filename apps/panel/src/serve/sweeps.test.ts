import { randomUUID } from 'node:crypto';
import { HoldfastError, type Log, silentLog, systemClock } from '@holdfast/base';
import { LockRunner } from '@holdfast/lock-runner';
import { encodeTime, migrate, openTruth, type Truth } from '@holdfast/truth-db';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from '../../../../tests/support/temporary-directory.ts';
import { createPanelMetrics } from './panel-metrics.ts';
import { type SweepsOptions, sweepOnce, sweepUntil } from './sweeps.ts';

describe('sweeps', () => {
  let place: TemporaryDirectory;
  let truth: Truth;
  let options: SweepsOptions;
  let swept: number;
  beforeEach(async () => {
    place = await temporaryDirectory();
    truth = openTruth('sqlite::memory:');
    await migrate(truth);
    swept = 0;
    options = {
      truth,
      logins: {
        sweep: async () => {
          swept += 1;
          return { families: 2, captchas: 0, buckets: 0 };
        },
      },
      runner: new LockRunner({ directory: place.path }),
      log: silentLog,
      clock: systemClock,
      metrics: createPanelMetrics(),
    };
  });
  afterEach(async () => {
    await truth.close();
    await place[Symbol.asyncDispose]();
  });
  const { signal } = new AbortController();
  const metric = async (series: string) => {
    const { text } = await options.metrics.read();
    return text.split('\n').find((line) => line.startsWith(`${series} `));
  };

  it('forget receipts whose day is over, and what the login has to forget', async () => {
    const receipt = { profile: 'panel', principal: 'a1', fingerprint: 'f', status: 200, kind: 'customer' };
    const rest = { resource_id: '1', version: 1, response: null };
    for (const ageMs of [0, 90_000_000]) {
      const row = { ...receipt, ...rest, created_at: encodeTime(Date.now() - ageMs) };
      await truth.db
        .insertInto('mutation_receipts')
        .values({ ...row, mutation_id: randomUUID() })
        .execute();
    }
    await sweepOnce(signal, options);
    expect(await truth.db.selectFrom('mutation_receipts').selectAll().execute()).toHaveLength(1);
    expect(await metric('holdfast_panel_swept_total{store="receipts"}')).toMatch(/ 1$/);
    expect(await metric('holdfast_panel_swept_total{store="families"}')).toMatch(/ 2$/);
  });

  it('are left to another panel of the state directory that is at it', async () => {
    await using _held = await options.runner.acquire('panel:sweep');
    await sweepOnce(signal, { ...options, runner: new LockRunner({ directory: place.path }) });
    expect(swept).toBe(0);
    expect(await metric('holdfast_panel_sweep_failures_total')).toMatch(/ 0$/);
  });

  it('that fail are told and counted, and come again until the stop', async () => {
    const told: string[] = [];
    const log: Log = { ...silentLog, warn: (facts) => void told.push(Reflect.get(facts, 'code')) };
    const stop = new AbortController();
    const logins = {
      sweep: async () => {
        swept += 1;
        if (swept === 3) stop.abort();
        throw new HoldfastError('DATABASE_BUSY', 'busy');
      },
    };
    await sweepUntil(stop.signal, { ...options, logins, log, everyMs: 10 });
    expect(told).toEqual(['DATABASE_BUSY', 'DATABASE_BUSY']);
    expect(await metric('holdfast_panel_sweep_failures_total')).toMatch(/ 2$/);
  });
});
