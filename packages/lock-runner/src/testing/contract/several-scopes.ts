/** Several locks that are taken by one call. */
import { describe, expect, it } from 'vitest';
import type { ContractWorld } from './contract-world.ts';

export function describeSeveralScopes(world: ContractWorld): void {
  describe('several scopes', () => {
    it('never deadlock, whatever the order of their names', async () => {
      const runner = world.createRunner();
      const [a, b] = [`${world.scope}:a`, `${world.scope}:b`];
      let inside = 0;
      const enter = (scopes: readonly string[]) =>
        runner.run(scopes, {}, async (held) => {
          inside += 1;
          expect(inside).toBe(1);
          expect(held.map((hold) => hold.scope)).toEqual(scopes);
          await Promise.resolve();
          inside -= 1;
        });
      for (let round = 0; round < 200; round += 1) {
        await Promise.all([enter([a, b]), enter([b, a])]);
      }
    });

    it('are given back together when one of them cannot be had', async () => {
      const runner = world.createRunner();
      const other = await runner.acquire(`${world.scope}:b`);
      const both = runner.run([`${world.scope}:b`, `${world.scope}:a`], { waitMs: 0 }, () => 'ran');
      await expect(both).rejects.toMatchObject({ code: 'LOCK_BUSY', details: { scope: `${world.scope}:b` } });
      await expect(world.tryOnce(runner, {}, `${world.scope}:a`)).resolves.toBe('ran');
      await other.release();
    });

    it('are refused when there are none', async () => {
      await expect(world.createRunner().run([], {}, () => 'ran')).rejects.toMatchObject({
        code: 'SCOPE_INVALID',
      });
    });
  });
}
