/** Who holds and who waits. */
import { describe, expect, it } from 'vitest';
import type { ContractWorld } from './contract-world.ts';

export function describeWho(world: ContractWorld): void {
  describe('who', () => {
    it('names nobody when the lock is free', async () => {
      const runner = world.createRunner();
      expect(await runner.who(world.scope)).toEqual({ waiters: [] });
      await world.tryOnce(runner, { purpose: 'done' });
      expect(await runner.who(world.scope)).toEqual({ waiters: [] });
    });

    it('names the holder and the waiters with purpose and age', async () => {
      const runner = world.createRunner();
      const holder = await runner.acquire(world.scope, { purpose: 'copy' });
      const waiter = runner.run(world.scope, { purpose: 'look' }, () => undefined);
      const report = await world.waiters(runner, 1);
      const age = expect.toSatisfy((value: unknown) => typeof value === 'number' && value >= 0);
      expect(report.holder).toEqual({
        pid: process.pid,
        host: expect.any(String),
        purpose: 'copy',
        sinceMs: age,
      });
      expect(report.waiters).toMatchObject([{ pid: process.pid, purpose: 'look', sinceMs: age }]);
      await holder.release();
      await waiter;
    });

    it('does not give a holder the purpose of the one before it', async () => {
      const runner = world.createRunner();
      await world.tryOnce(runner, { purpose: 'before' });
      const held = await runner.acquire(world.scope);
      const { holder } = await runner.who(world.scope);
      expect(holder).toMatchObject({ pid: process.pid });
      expect(holder?.purpose).not.toBe('before');
      await held.release();
    });
  });
}
