/** How long a wait lasts: not at all, for a while, for ever. */
import { describe, expect, it } from 'vitest';
import type { ContractWorld } from './contract-world.ts';

export function describeLimits(world: ContractWorld): void {
  describe('limits', () => {
    it('refuses at once with limit 0, names the holder and announces no wait', async () => {
      const runner = world.createRunner();
      const holder = await runner.acquire(world.scope, { purpose: 'long work' });
      const holderOf = { pid: process.pid, purpose: 'long work', sinceMs: expect.any(Number) };
      await expect(world.tryOnce(runner)).rejects.toMatchObject({
        code: 'LOCK_BUSY',
        details: { scope: world.scope, waitMs: 0, waitedMs: 0, holder: holderOf },
      });
      await holder.release();
      expect(world.events).toEqual(['acquired at once', 'gave up timeout', 'released']);
    });

    it('gives up when a finite limit passes, and leaves nothing in the queue', async () => {
      const runner = world.createRunner();
      const holder = await runner.acquire(world.scope);
      await expect(runner.run(world.scope, { waitMs: 15 }, () => 'ran')).rejects.toMatchObject({
        code: 'LOCK_BUSY',
        details: { waitMs: 15, holder: { pid: process.pid } },
      });
      expect(holder.contended()).toBe(false);
      await holder.release();
      await expect(world.tryOnce(runner)).resolves.toBe('ran');
      expect(world.events.slice(1, 4)).toEqual([`waiting ${world.scope}`, 'gave up timeout', 'released']);
    });

    it('waits without a limit until it is granted', async () => {
      const runner = world.createRunner();
      const holder = await runner.acquire(world.scope);
      const waiter = runner.acquire(world.scope, { waitMs: Number.POSITIVE_INFINITY });
      await world.waiters(runner, 1);
      await holder.release();
      const held = await waiter;
      expect(held.waitedMs).toBeGreaterThan(0);
      expect(held.budgetMs).toBe(Number.POSITIVE_INFINITY);
      await held.release();
      expect(world.events).toContain('acquired later');
    });

    it('counts a limit longer than any timer as long', async () => {
      const runner = world.createRunner();
      const holder = await runner.acquire(world.scope, { holdDeadlineMs: 2 ** 40 });
      const waiter = runner.run(world.scope, { waitMs: 2 ** 40 }, () => 'ran');
      await world.waiters(runner, 1);
      expect(holder.signal.aborted).toBe(false);
      await holder.release();
      await expect(waiter).resolves.toBe('ran');
    });

    it.each([Number.NaN, -1, Number.NEGATIVE_INFINITY])('refuses the limit %s', async (waitMs) => {
      const runner = world.createRunner();
      const refused = { code: 'DURATION_INVALID' };
      await expect(runner.run(world.scope, { waitMs }, () => 'ran')).rejects.toMatchObject(refused);
      await expect(runner.run([world.scope], { waitMs }, () => 'ran')).rejects.toMatchObject(refused);
      await expect(runner.acquire(world.scope, { holdDeadlineMs: waitMs })).rejects.toMatchObject(refused);
    });
  });
}
