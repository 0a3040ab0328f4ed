/** Overlayfs, where stat(2) tells other numbers than the kernel's list of locks does. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';
import { flock } from './lock-kind.ts';
import { atOnce, withoutLimit } from './lock-process.ts';
import { LockWorld } from './lock-world.ts';
import { mountByShell } from './mounts.ts';

describe.skipIf(isMissing('root', 'unshare'))('a lock directory on an overlay of two file systems', () => {
  const world = new LockWorld(flock);

  it('shows the holder who waits', async () => {
    const [lower, upper, merged] = ['lower', 'upper', 'merged'].map((name) => join(world.base, name));
    for (const path of [lower, upper, merged]) mkdirSync(path ?? '');
    const through = await mountByShell(
      world,
      `mount -t tmpfs -o size=1m none ${upper}
       mkdir ${upper}/data ${upper}/work
       mount -t overlay -o lowerdir=${lower},upperdir=${upper}/data,workdir=${upper}/work none ${merged}`,
    );
    const options = { through, directory: join(merged ?? '', 'locks') };
    const [holder, waiter] = await Promise.all([world.start(options), world.start(options)]);
    await holder.ask(atOnce, 'held');
    await waiter.ask(withoutLimit, 'waiting');
    await expect.poll(() => holder.ask('contended', 'contended'), { timeout: 10_000 }).toBe('true');
  });
});
