/** An observer that throws is told of, and changes nothing: not who holds a lock, not what work has resulted in. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LockObserver } from '@holdfast/base';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LockRunner } from './lock-runner.ts';

const broken = (event: keyof LockObserver): LockObserver => ({
  [event]: () => {
    throw new Error(`the observer of ${event} is broken`);
  },
});

describe.each(['process', 'flock', 'lockfile'] as const)(
  'an observer that throws, of %s locks',
  (backend) => {
    let directory: string;
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const warnings = () => emitWarning.mock.calls.map(([warning]) => (warning as Error).message);
    const runnerOf = (observer: LockObserver = {}) => new LockRunner({ directory, backend, observer });

    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'holdfast-'));
      emitWarning.mockClear();
    });
    afterEach(async () => {
      await runnerOf().close();
      rmSync(directory, { recursive: true });
    });

    it.each(['acquired', 'released'] as const)(
      'in `%s` leaves result and lock as they are',
      async (event) => {
        expect(await runnerOf(broken(event)).run('a', {}, () => 'result')).toBe('result');
        expect(await runnerOf().run('a', { waitMs: 0 }, () => 'free')).toBe('free');
        expect(warnings()).toEqual([`the observer of ${event} is broken`]);
      },
    );

    it.each(['waiting', 'gaveUp'] as const)('in `%s` leaves the refusal as it is', async (event) => {
      await using _held = await runnerOf().acquire('a');
      const refused = runnerOf(broken(event)).run('a', { waitMs: 5 }, () => undefined);
      await expect(refused).rejects.toMatchObject({ code: 'LOCK_BUSY' });
      expect(warnings()).toEqual([`the observer of ${event} is broken`]);
    });

    it('in `lost` leaves the signal as it is', async () => {
      const held = await runnerOf(broken('lost')).acquire('a', { holdDeadlineMs: 1 });
      const { signal } = held;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await held.release();
      expect(signal.reason).toMatchObject({ code: 'LOCK_LOST' });
      expect(warnings()).toEqual(['the observer of lost is broken']);
    });
  },
);
