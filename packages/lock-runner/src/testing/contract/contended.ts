/** What a holder is told of those who wait. */
import type { Held } from '@holdfast/base';
import { describe, expect, it } from 'vitest';
import type { LockOptions, LockRunner } from '../../lock-runner.ts';
import type { ContractWorld } from './contract-world.ts';

export function describeContended(world: ContractWorld): void {
  describe('contended', () => {
    const waitBehind = async (runner: LockRunner, held: Held, options: LockOptions) => {
      const before = held.contended();
      const cancel = new AbortController();
      const waiter = runner.run(world.scope, { ...options, signal: cancel.signal }, () => 'ran');
      await world.waiters(runner, 1);
      const during = held.contended();
      cancel.abort();
      await expect(waiter).rejects.toMatchObject({ code: 'CANCELLED' });
      return [before, during, held.contended()];
    };

    it('is true only while somebody waits', async () => {
      const runner = world.createRunner();
      const held = await runner.acquire(world.scope);
      expect(await waitBehind(runner, held, {})).toEqual([false, true, false]);
      await held.release();
      expect(held.contended()).toBe(false);
    });

    it('is false for an interactive holder when background waits, true the other way round', async () => {
      const runner = world.createRunner();
      const interactive = await runner.acquire(world.scope);
      expect(await waitBehind(runner, interactive, { priority: 'background' })).toEqual([
        false,
        false,
        false,
      ]);
      await interactive.release();
      const background = await runner.acquire(world.scope, { priority: 'background' });
      expect(await waitBehind(runner, background, {})).toEqual([false, true, false]);
      await background.release();
    });

    if (world.isShareable) {
      it('is false among readers', async () => {
        const runner = world.createRunner();
        const readers = [
          await runner.acquire(world.scope, { mode: 'shared' }),
          await runner.acquire(world.scope, { mode: 'shared' }),
        ];
        expect(readers.map((held) => held.contended())).toEqual([false, false]);
        for (const held of readers) await held.release();
      });
    }
  });
}
