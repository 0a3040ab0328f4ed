/** Lock files on a file system that several hosts share: less is promised, and only watching decides. */
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lockFileName } from '../lock-name.ts';
import { LockfileGround, leaseMs, scope } from '../testing/lockfile-ground.ts';

const busy = { code: 'LOCK_BUSY' };
const lost = expect.objectContaining({ code: 'LOCK_LOST' });
const ground = new LockfileGround();

describe('over a network', () => {
  const network = { reach: 'network' } as const;

  it('promises less, and touches no flock', async () => {
    const runner = ground.createRunner(network);
    expect(runner.guarantee).toEqual({
      scope: 'network',
      crashRelease: 'lease',
      canBeLost: true,
      fenced: false,
      fair: false,
    });
    const fences = [];
    for (let holder = 0; holder < 2; holder += 1) {
      fences.push(
        await runner.run(scope, {}, async (held) => {
          const fence = await held.fence();
          expect(held.publish(() => 'published')).toBe('published');
          return fence;
        }),
      );
    }
    expect(fences).toEqual([1, 2]);
    expect(readdirSync(ground.directory).sort()).toEqual([
      '.backend',
      lockFileName(scope).replace('.lock', '.fence'),
    ]);
  });

  it('breaks a claim after a lease, and leaves nothing of the breaking', async () => {
    ground.plantClaim();
    const runner = ground.createRunner(network);
    await expect(ground.tryOnce(runner)).rejects.toMatchObject(busy);
    ground.monotonicMs += leaseMs;
    await expect(ground.tryOnce(runner)).resolves.toBe('ran');
    expect(readdirSync(ground.directory)).toEqual(['.backend']);
  });

  it('lets nobody break while somebody else does, until that one has been still for a lease', async () => {
    ground.plantClaim();
    mkdirSync(`${ground.claim}.break`);
    const runner = ground.createRunner(network);
    await expect(ground.tryOnce(runner)).rejects.toMatchObject(busy);
    ground.monotonicMs += leaseMs;
    await expect(ground.tryOnce(runner)).rejects.toMatchObject(busy);
    expect(existsSync(ground.claim)).toBe(true);
    ground.monotonicMs += leaseMs - 1;
    await expect(ground.tryOnce(runner)).rejects.toMatchObject(busy);
    ground.monotonicMs += 1;
    await expect(ground.tryOnce(runner)).rejects.toMatchObject(busy); // takes the breaking over
    await expect(ground.tryOnce(runner)).resolves.toBe('ran');
    expect(readdirSync(ground.directory)).toEqual(['.backend']);
  });

  it('refuses a publish of a hold whose claim was taken', async () => {
    const held = await ground.createRunner(network).acquire(scope);
    const successor = ground.takeOver();
    expect(() => held.publish(() => 'published')).toThrow(lost);
    await held.release();
    expect(statSync(ground.claim).ino).toBe(successor);
  });
});
