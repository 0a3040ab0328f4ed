/** What the caller requires of the lock. */
import { expect, it } from 'vitest';
import type { ContractWorld } from './contract-world.ts';

export function describeRequirement(world: ContractWorld): void {
  it('refuses a lock that promises less than is required, before it waits', async () => {
    const runner = world.createRunner();
    const holder = await runner.acquire(world.scope);
    const more = runner.guarantee.scope === 'network' ? { canBeLost: false } : { scope: 'network' as const };
    await expect(runner.run(world.scope, { require: more }, () => 'ran')).rejects.toMatchObject({
      code: 'LOCK_UNSUPPORTED',
      details: { unmet: Object.keys(more) },
    });
    await holder.release();
    await expect(world.tryOnce(runner, { require: runner.guarantee })).resolves.toBe('ran');
  });

  it('refuses a purpose that is no text, from a caller without types, and keeps nothing', async () => {
    const runner = world.createRunner();
    const purpose = 5 as unknown as string;
    await expect(world.tryOnce(runner, { purpose })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(world.tryOnce(runner)).resolves.toBe('ran');
  });
}
