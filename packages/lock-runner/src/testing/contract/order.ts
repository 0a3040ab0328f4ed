/** Who is served next. */
import { describe, expect, it } from 'vitest';
import type { ContractWorld } from './contract-world.ts';

export function describeOrder(world: ContractWorld): void {
  describe('order', () => {
    it('serves the waiters of one process in the order they came', async () => {
      const runner = world.createRunner();
      const holder = await runner.acquire(world.scope);
      const order: number[] = [];
      const tasks = Array.from({ length: 12 }, (_, place) =>
        runner.run(world.scope, {}, () => order.push(place)),
      );
      await world.waiters(runner, 12);
      await holder.release();
      await Promise.all(tasks);
      expect(order).toEqual([...order].sort((a, b) => a - b));
    });

    it('serves interactive waiters before background ones, but only ten of them', async () => {
      const runner = world.createRunner();
      const holder = await runner.acquire(world.scope);
      const order: string[] = [];
      const wait = (priority: 'interactive' | 'background') =>
        runner.run(world.scope, { priority }, () => order.push(priority));
      const tasks = [wait('background'), ...Array.from({ length: 12 }, () => wait('interactive'))];
      await holder.release();
      await Promise.all(tasks);
      expect(order.indexOf('background')).toBe(10);
    });
  });
}
