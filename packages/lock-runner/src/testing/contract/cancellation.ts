/** Waits that are aborted before, while and right when they end. */
import { describe, expect, it, vi } from 'vitest';
import { turn } from '../until.ts';
import type { ContractWorld } from './contract-world.ts';

export function describeCancellation(world: ContractWorld): void {
  describe('cancellation', () => {
    const reason = new Error('enough');

    it('refuses when the signal had aborted before, without touching the lock', async () => {
      const runner = world.createRunner();
      const signal = AbortSignal.abort(reason);
      const work = vi.fn();
      await expect(runner.run(world.scope, { signal }, work)).rejects.toMatchObject({
        code: 'CANCELLED',
        cause: reason,
      });
      expect(work).not.toHaveBeenCalled();
      expect(await runner.who(world.scope)).toEqual({ waiters: [] });
    });

    it('ends a wait when the signal aborts', async () => {
      const runner = world.createRunner();
      const holder = await runner.acquire(world.scope);
      const cancel = new AbortController();
      const waiter = runner.run(world.scope, { signal: cancel.signal, waitMs: Infinity }, () => 'ran');
      await world.waiters(runner, 1);
      cancel.abort(reason);
      await expect(waiter).rejects.toMatchObject({ code: 'CANCELLED', cause: reason });
      expect((await runner.who(world.scope)).waiters).toEqual([]);
      await holder.release();
      expect(world.events).toContain('gave up cancelled');
    });

    it.each(['before', 'after'])(
      'starts no work when the signal aborts right %s the release',
      async (when) => {
        const runner = world.createRunner();
        const holder = await runner.acquire(world.scope);
        const cancel = new AbortController();
        const work = vi.fn();
        const waiter = runner.run(world.scope, { signal: cancel.signal }, work);
        await world.waiters(runner, 1);
        const cancelled = expect(waiter).rejects.toMatchObject({ code: 'CANCELLED' });
        if (when === 'before') cancel.abort(reason);
        const released = holder.release();
        cancel.abort(reason); // in the same tick
        await released;
        await cancelled;
        expect(work).not.toHaveBeenCalled();
        await expect(world.tryOnce(runner)).resolves.toBe('ran');
      },
    );

    it('keeps the order of the others when waiters in the middle give up', async () => {
      const runner = world.createRunner();
      const holder = await runner.acquire(world.scope);
      const cancel = new AbortController();
      const order: number[] = [];
      const tasks = Array.from({ length: 9 }, (_, place) =>
        runner
          .run(world.scope, place % 2 === 1 ? { signal: cancel.signal } : {}, () => order.push(place))
          .catch(() => undefined),
      );
      await world.waiters(runner, 9);
      cancel.abort();
      await world.waiters(runner, 5);
      await holder.release();
      await Promise.all(tasks);
      expect(order).toEqual([0, 2, 4, 6, 8]);
    });

    it('adds no listener that stays to a signal that serves many waits', async () => {
      const runner = world.createRunner();
      const { signal } = new AbortController();
      const added = vi.spyOn(signal, 'addEventListener');
      const removed = vi.spyOn(signal, 'removeEventListener');
      await Promise.all(Array.from({ length: 40 }, () => runner.run(world.scope, { signal }, turn)));
      expect(removed.mock.calls.length).toBe(added.mock.calls.length);
    });
  });
}
