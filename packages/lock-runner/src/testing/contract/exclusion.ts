/** Who may be inside at the same time. */
import { describe, expect, it } from 'vitest';
import type { LockRunner } from '../../lock-runner.ts';
import { turn } from '../until.ts';
import type { ContractWorld } from './contract-world.ts';

export function describeExclusion(world: ContractWorld): void {
  describe('exclusion', () => {
    it('lets one exclusive holder in at a time', async () => {
      const runners = [world.createRunner(), world.createRunner()];
      let inside = 0;
      let most = 0;
      const task = (runner: LockRunner) =>
        runner.run(world.scope, {}, async () => {
          inside += 1;
          most = Math.max(most, inside);
          await turn();
          inside -= 1;
        });
      await Promise.all(runners.flatMap((runner) => Array.from({ length: 10 }, () => task(runner))));
      expect(most).toBe(1);
    });

    it('lets holders of different scopes in together', async () => {
      const runner = world.createRunner();
      const result = await runner.run(world.scope, {}, () =>
        world.tryOnce(runner, {}, `${world.scope}:other`),
      );
      expect(result).toBe('ran');
    });
  });
}
