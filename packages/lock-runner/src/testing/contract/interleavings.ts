/** Random histories of a lock: whatever happens in whatever order, nobody is inside who should not be and nothing is left. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { leftovers } from '../leftovers.ts';
import type { ContractWorld } from './contract-world.ts';
import { Interleaving } from './interleaving.ts';

export function describeInterleavings(world: ContractWorld): void {
  it('survives any interleaving of waits, releases and aborts', async () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('start' as const),
        mode: fc.constantFrom(...world.modes),
        priority: fc.constantFrom('interactive' as const, 'background' as const),
        waitMs: fc.constantFrom(0, 1, 3, Number.POSITIVE_INFINITY),
      }),
      fc.record({ kind: fc.constantFrom('abort' as const, 'release' as const), of: fc.nat(11) }),
      fc.record({ kind: fc.constantFrom('turn' as const, 'microtask' as const, 'outside' as const) }),
    );
    const property = fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 40 }), async (steps) => {
      const history = new Interleaving(world.createRunner(), world.scope, async () =>
        world.takeFromOutside?.(world.directory, world.scope),
      );
      for (const next of steps) await history.apply(next);
      await history.settle();
      expect(history.violations).toEqual([]);
      expect(await world.createRunner().who(world.scope)).toEqual({ waiters: [] });
      expect(await leftovers(world.directory, world.timersBefore)).toEqual([]);
      await expect(world.tryOnce(world.createRunner())).resolves.toBe('ran');
    });
    await fc.assert(property, { numRuns: world.randomRuns });
  }, 60_000);
}
