/** Fences, and what is published with and without one. */
import { describe, expect, it, vi } from 'vitest';
import type { ContractWorld } from './contract-world.ts';

export function describeGenerations(world: ContractWorld): void {
  describe('generations', () => {
    it('grow from holder to holder and stay the same inside a hold', async () => {
      const fences: number[] = [];
      for (let holder = 0; holder < 5; holder += 1) {
        await world.createRunner().run(world.scope, {}, async (held) => {
          const both = await Promise.all([held.fence(), held.fence()]);
          expect(await held.fence()).toBe(both[0]);
          expect(both[1]).toBe(both[0]);
          fences.push(both[0]);
        });
      }
      expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
    });

    it('are refused with a publish after the release', async () => {
      const held = await world.createRunner().acquire(world.scope);
      await held.fence();
      await held.release();
      const step = vi.fn();
      expect(() => held.publish(step)).toThrow(expect.objectContaining({ code: 'LOCK_RELEASED' }));
      await expect(held.fence()).rejects.toMatchObject({ code: 'LOCK_RELEASED' });
      expect(step).not.toHaveBeenCalled();
    });

    if (world.isShareable) {
      it('are refused with a publish to a shared hold', async () => {
        const held = await world.createRunner().acquire(world.scope, { mode: 'shared' });
        const step = vi.fn();
        expect(() => held.publish(step)).toThrow(expect.objectContaining({ code: 'LOCK_WRONG_SCOPE' }));
        await expect(held.fence()).rejects.toMatchObject({ code: 'LOCK_WRONG_SCOPE' });
        expect(step).not.toHaveBeenCalled();
        await held.release();
      });
    }

    it('let the holder publish, with and without one', async () => {
      await world.createRunner().run(world.scope, {}, async (held) => {
        expect(held.publish(() => 'unfenced')).toBe('unfenced');
        await held.fence();
        expect(held.publish(() => 'fenced')).toBe('fenced');
      });
    });
  });
}
