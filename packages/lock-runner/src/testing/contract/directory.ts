/** The directory in which a host keeps locks or their generations, when it is not there any more. */
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ContractWorld } from './contract-world.ts';

export function describeDirectory(world: ContractWorld): void {
  describe('a lock directory', () => {
    const first = world.missesDirectory ? 'refused once and then' : 'at once';

    it(`that vanished is ${first} made again for this user alone`, async () => {
      const runner = world.createRunner();
      await world.tryOnce(runner);
      rmSync(world.directory, { recursive: true });
      if (world.missesDirectory) {
        await expect(world.tryOnce(runner)).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
      }
      await expect(world.tryOnce(runner)).resolves.toBe('ran');
      // A lock of one process needs none.
      if (world.backend === 'process') mkdirSync(world.directory, { mode: 0o700 });
      expect(existsSync(world.directory) && statSync(world.directory).mode & 0o777).toBe(0o700);
    });
  });
}
