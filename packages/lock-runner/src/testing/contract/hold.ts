/** A hold, from the grant to its end. */
import { describe, expect, it, vi } from 'vitest';
import type { ContractWorld } from './contract-world.ts';

export function describeHold(world: ContractWorld): void {
  describe('a hold', () => {
    it('is given back exactly once', async () => {
      const runner = world.createRunner();
      const first = await runner.acquire(world.scope);
      await first.release();
      const second = await runner.acquire(world.scope);
      await first.release();
      await first[Symbol.asyncDispose]();
      await expect(world.tryOnce(runner)).rejects.toMatchObject({ code: 'LOCK_BUSY' });
      await second.release();
      expect(world.events.filter((event) => event === 'released')).toHaveLength(2);
    });

    it('ends with its block', async () => {
      const runner = world.createRunner();
      {
        await using held = await runner.acquire(world.scope);
        expect(held.isReleased).toBe(false);
      }
      await expect(world.tryOnce(runner)).resolves.toBe('ran');
    });

    it.each(['throws', 'rejects'])('is given back when the work %s', async (how) => {
      const runner = world.createRunner();
      const failure = new Error('work failed');
      const work = () => {
        if (how === 'throws') throw failure;
        return Promise.reject(failure);
      };
      await expect(runner.run(world.scope, {}, work)).rejects.toBe(failure);
      await expect(world.tryOnce(runner)).resolves.toBe('ran');
    });

    it('aborts its signal at its deadline and stays held', async () => {
      const runner = world.createRunner();
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const held = await runner.acquire(world.scope, { holdDeadlineMs: 1_000 });
      vi.advanceTimersByTime(999);
      expect(held.signal.aborted).toBe(false);
      vi.advanceTimersByTime(1);
      expect(held.signal.reason).toMatchObject({ code: 'LOCK_LOST' });
      expect(held.isReleased).toBe(false);
      await expect(world.tryOnce(runner)).rejects.toMatchObject({ code: 'LOCK_BUSY' });
      const step = vi.fn();
      expect(() => held.publish(step)).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }));
      expect(step).not.toHaveBeenCalled();
      await held.release();
      expect(vi.getTimerCount()).toBe(0);
    });

    it('leaves no deadline behind when it ends before', async () => {
      const runner = world.createRunner();
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const held = await runner.acquire(world.scope, { holdDeadlineMs: 1_000 });
      await held.release();
      expect(vi.getTimerCount()).toBe(0);
      expect(held.signal.aborted).toBe(false);
    });

    it('tells what was asked for and what it is', async () => {
      const runner = world.createRunner();
      await runner.run(world.scope, { waitMs: 5_000 }, (held) => {
        expect(held).toMatchObject({
          scope: world.scope,
          mode: 'exclusive',
          backend: world.backend,
          waitedMs: 0,
          budgetMs: 5_000,
        });
        expect(held.guarantee).toEqual(runner.guarantee);
      });
    });
  });
}
