/** Lock directories on FUSE, which nobody can be sure of: what is fallen back to, and what is refused. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { lockFileName } from '@holdfast/lock-runner';
import { beforeEach, describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';
import { Counter } from './counter.ts';
import { flock } from './lock-kind.ts';
import { atOnce, bothRuntimes, withoutLimit } from './lock-process.ts';
import { LockWorld, scope } from './lock-world.ts';
import { type Inside, mountByBindfs } from './mounts.ts';

describe.skipIf(isMissing('root', 'unshare', 'bindfs'))('a lock directory on FUSE', () => {
  const world = new LockWorld({ ...flock, isFreedByDeath: false }); // it would be refused there
  let beside: string;
  let through: Inside;

  beforeEach(async () => {
    beside = join(world.base, 'beside');
    const mount = join(world.base, 'mount');
    mkdirSync(beside);
    mkdirSync(mount);
    world.moveTo(join(mount, 'locks'));
    through = await mountByBindfs(world, beside, mount);
  });

  it.each(bothRuntimes)('makes %s fall back to lockfile, and say so once', async (runtime) => {
    const child = await world.start({ through, runtime });
    await child.ask('acquire', 'held');
    await child.ask('release', 'released');
    await child.ask('acquire', 'held');
    expect(await child.ask('backend', 'backend')).toBe('lockfile lockfile');
    expect(readdirSync(join(beside, 'locks')).sort()).toEqual(
      ['.backend', `${lockFileName(scope)}.lock`, lockFileName(scope).replace('.lock', '.owner')].sort(),
    );
  });

  it('keeps the holds of four processes apart', async () => {
    const counter = new Counter(world.base);
    await counter.storm(await world.startMany(4, () => ({ through })), 50);
    counter.expectExactly(200);
  });

  it('refuses flock there, and beside the mount by the stamp', async () => {
    const directory = join(beside, 'locks');
    const [within, other, flockThere, host, auto] = await Promise.all([
      world.start({ through }),
      world.start({ through, backend: 'flock' }),
      world.start({ directory, backend: 'flock' }),
      world.start({ directory, backend: 'lockfile' }),
      world.start({ directory }),
    ]);
    await within.ask('acquire', 'held');
    await expect(other.ask('acquire', 'error')).resolves.toBe('LOCK_UNSUPPORTED');
    for (const child of [flockThere, host, auto]) {
      await expect(child.ask('acquire', 'error')).resolves.toBe('LOCK_MIXED');
    }
    expect(await auto.ask('backend', 'backend')).toBe('flock');
  });

  it('is shared beside the mount by who agrees that others may reach it', async () => {
    const [within, outside] = await Promise.all([
      world.start({ through }),
      world.start({
        directory: join(beside, 'locks'),
        backend: { kind: 'lockfile', reach: 'network', leaseMs: 2_000 },
      }),
    ]);
    await within.ask('acquire', 'held');
    await expect(outside.ask(atOnce, 'error')).resolves.toBe('LOCK_BUSY');
    await outside.ask(withoutLimit, 'waiting');
    await within.ask('release', 'released');
    await outside.hear('held');
    await expect(within.ask(atOnce, 'error')).resolves.toBe('LOCK_BUSY');
  });

  it('frees the lock of a killed holder after its lease', async () => {
    const backend = { kind: 'lockfile', leaseMs: 600 } as const;
    const [holder, waiter] = await Promise.all([
      world.start({ through, backend }),
      world.start({ through, backend, runtime: 'bun' }),
    ]);
    await holder.ask('acquire', 'held');
    await holder.kill();
    await waiter.ask(withoutLimit, 'waiting');
    await waiter.hear('held');
  });
});
