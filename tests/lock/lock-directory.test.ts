/** Directories where no lock can be had, for whom and why; and what is made in those where it can. */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';
import { flock } from './lock-kind.ts';
import { bothRuntimes, type LockProcess } from './lock-process.ts';
import { LockWorld, scope } from './lock-world.ts';
import { mountByShell, runInside } from './mounts.ts';

const nobody = 65_534;
const fileBackends = ['flock', 'lockfile'] as const;

describe('the file system', () => {
  const world = new LockWorld(flock);
  const isRoot = process.getuid?.() === 0;

  it.runIf(isRoot).each(bothRuntimes)('is refused to %s without write permission', async (runtime) => {
    chmodSync(world.base, 0o755);
    mkdirSync(world.directory, { mode: 0o555 });
    chownSync(world.directory, nobody, nobody);
    const child = await world.start({ runtime, uid: nobody });
    await expect(child.ask('acquire', 'error')).resolves.toBe('LOCK_DIRECTORY_READ_ONLY');
    expect(readdirSync(world.directory)).toEqual([]);
  });

  it.runIf(isRoot)('is refused where the directory or its missing parent is another user’s', async () => {
    chmodSync(world.base, 0o755);
    const early = await world.start({ uid: nobody });
    await expect(early.ask('acquire', 'error')).resolves.toBe('LOCK_DIRECTORY');
    mkdirSync(world.directory, { mode: 0o755 });
    await expect(early.ask('acquire', 'error')).resolves.toBe('LOCK_DIRECTORY_OWNER');
  });

  it.runIf(isRoot)('is refused where the lock file is another user’s', async () => {
    chmodSync(world.base, 0o755);
    mkdirSync(world.directory, { mode: 0o700 });
    chownSync(world.directory, nobody, nobody);
    await world.runner.run(scope, {}, () => undefined); // as root
    const child = await world.start({ uid: nobody });
    await expect(child.ask('acquire', 'error')).resolves.toBe('LOCK_DIRECTORY');
  });

  it.each(['0', '22', '77'])('gets private files whatever the umask: %s', async (mask) => {
    const child = await world.start();
    await child.ask(`umask ${mask}`, 'umask');
    await child.ask('acquire', 'held');
    await child.ask('fence', 'fence');
    const made = readdirSync(world.directory).map((name) => join(world.directory, name));
    const modes = [world.directory, ...made].map((name) => statSync(name).mode & 0o077);
    expect(modes).toEqual([0, 0, 0, 0, 0]);
  });
});

describe.each(fileBackends)('bad ground for %s', (backend) => {
  const world = new LockWorld({ ...flock, isFreedByDeath: false }); // it is never had
  const refused = (child: LockProcess) => child.ask('acquire', 'error');
  const root = isMissing('root', 'unshare');

  it('is a file in the place of the directory', async () => {
    writeFileSync(world.directory, 'x');
    await expect(refused(await world.start({ backend }))).resolves.toBe('LOCK_DIRECTORY');
    expect(readFileSync(world.directory, 'utf8')).toBe('x');
  });

  it('is a file in the place of its parent', async () => {
    writeFileSync(world.directory, 'x');
    await expect(
      refused(await world.start({ backend, directory: join(world.directory, 'a') })),
    ).resolves.toBe('LOCK_DIRECTORY');
  });

  it('is a link, to a directory or to nothing', async () => {
    mkdirSync(join(world.base, 'real'));
    for (const [name, target] of [
      ['link', 'real'],
      ['dangling', 'nothing'],
    ] as const) {
      symlinkSync(join(world.base, target), join(world.base, name));
      const child = await world.start({ backend, directory: join(world.base, name) });
      await expect(refused(child)).resolves.toBe('LOCK_DIRECTORY');
    }
    expect(readdirSync(world.base).sort()).toEqual(['dangling', 'link', 'real']);
    expect(readdirSync(join(world.base, 'real'))).toEqual([]);
  });

  it.skipIf(root)('is a directory of another user', async () => {
    chmodSync(world.base, 0o755);
    mkdirSync(world.directory, { mode: 0o755 });
    await expect(refused(await world.start({ backend, uid: nobody }))).resolves.toBe('LOCK_DIRECTORY_OWNER');
    expect(readdirSync(world.directory)).toEqual([]);
  });

  it.skipIf(root)('is a directory that its mode forbids to write', async () => {
    chmodSync(world.base, 0o755);
    mkdirSync(world.directory, { mode: 0o500 });
    chownSync(world.directory, nobody, nobody);
    await expect(refused(await world.start({ backend, uid: nobody }))).resolves.toBe(
      'LOCK_DIRECTORY_READ_ONLY',
    );
    expect(readdirSync(world.directory)).toEqual([]);
  });

  it.skipIf(root)('is a file system that is mounted read-only', async () => {
    mkdirSync(world.directory, { mode: 0o700 });
    const through = await mountByShell(
      world,
      `mount --bind ${world.base} ${world.base}\nmount -o remount,ro,bind ${world.base}`,
    );
    const missing = join(world.base, 'missing');
    await expect(refused(await world.start({ backend, through }))).resolves.toBe('LOCK_DIRECTORY_READ_ONLY');
    await expect(refused(await world.start({ backend, through, directory: missing }))).resolves.toBe(
      'LOCK_DIRECTORY_READ_ONLY',
    );
    expect(readdirSync(world.directory)).toEqual([]);
  });

  it.skipIf(root)('is a file system that is full, before and after its first lock', async () => {
    const mount = join(world.base, 'small');
    mkdirSync(mount);
    const directory = join(mount, 'locks');
    world.moveTo(directory);
    const fill = `dd if=/dev/zero of=${mount}/fill bs=4k 2>/dev/null || :`;
    const through = await mountByShell(
      world,
      `mount -t tmpfs -o size=48k,mode=700 none ${mount}\nmkdir -m 700 ${directory}\n${fill}`,
    );
    const list = () => runInside(through, 'ls', '-A', directory);
    const child = await world.start({ backend, through });
    await expect(refused(child)).resolves.toBe('LOCK_DIRECTORY_FULL');
    expect(list()).toBe('');
    runInside(through, '/bin/sh', '-c', `rm ${mount}/fill`);
    await child.ask('acquire', 'held');
    await child.ask('release', 'released');
    runInside(through, '/bin/sh', '-c', fill);
    if (backend === 'lockfile') {
      await expect(refused(child)).resolves.toBe('LOCK_DIRECTORY_FULL');
      expect(list()).not.toContain('.owner');
      expect(list()).not.toContain('.lock.lock');
    } else {
      await child.ask('acquire', 'held'); // an empty lock file needs no room
    }
  });
});
