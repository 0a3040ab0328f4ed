/** A scope that is asked for by who holds it. */
import { describe, expect, it } from 'vitest';
import { gate } from '../gate.ts';
import { turn } from '../until.ts';
import type { ContractWorld } from './contract-world.ts';

export function describeReEntry(world: ContractWorld): void {
  describe('re-entry', () => {
    it('is refused with the place that holds the scope', async () => {
      const runner = world.createRunner();
      const inner = runner.run(world.scope, {}, () => runner.run(world.scope, {}, () => 'ran'));
      await expect(inner).rejects.toMatchObject({ code: 'LOCK_REENTRANT', details: { scope: world.scope } });
      const error = await inner.catch((caught) => caught);
      expect(error.details.lockedAt.join('\n')).toContain('re-entry.ts');
      await expect(world.tryOnce(runner)).resolves.toBe('ran');
    });

    it('is refused through other scopes, other runners and pauses', async () => {
      const runner = world.createRunner();
      const inner = runner.run([world.scope, `${world.scope}:b`], {}, async () => {
        await turn();
        return world.createRunner().acquire(world.scope, { mode: world.modes.at(-1) ?? 'exclusive' });
      });
      await expect(inner).rejects.toMatchObject({ code: 'LOCK_REENTRANT' });
    });

    it('is no re-entry when the outer hold has ended', async () => {
      const runner = world.createRunner();
      const ended = gate();
      let later: Promise<string> | undefined;
      await runner.run(world.scope, {}, () => {
        later = ended.opened.then(() => world.tryOnce(runner));
      });
      ended.open();
      await expect(later).resolves.toBe('ran');
    });
  });
}
