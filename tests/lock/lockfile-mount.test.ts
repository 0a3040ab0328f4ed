/**
 * Lock directories where they should not be: on FUSE, on a full or read-only file system, of another user. Mounts live in
 * mount namespaces of their own and end with the process that keeps them.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockFileName } from '@holdfast/lock-runner';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { overlapsInLog } from './hold-log.ts';
import { type LockProcess, type LockProcessOptions, startLockProcess } from './lock-process.ts';

const scope = 'policy:gw1';
const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
const nobody = 65_534;
const fileBackends = ['flock', 'lockfile'] as const;

let base: TemporaryDirectory;
let directory: string;
let started: LockProcess[];
let keepers: ChildProcess[];

beforeEach(async () => {
  base = await temporaryDirectory();
  directory = join(base.path, 'locks');
  started = [];
  keepers = [];
});

afterEach(async () => {
  await Promise.all(started.map((one) => one.kill()));
  for (const keeper of keepers) {
    const ended = once(keeper, 'close');
    if (keeper.exitCode === null && keeper.signalCode === null) keeper.kill('SIGKILL');
    else continue;
    await ended;
  }
  await base[Symbol.asyncDispose]();
});

async function start(options: Partial<LockProcessOptions> = {}): Promise<LockProcess> {
  const child = await startLockProcess({ directory, scope, ...options });
  started.push(child);
  return child;
}

/** Runs `script` in a new mount namespace and keeps that until the test ends. @returns how to start something in it */
async function mounted(script: string): Promise<readonly string[]> {
  const keeper = spawn('/usr/bin/unshare', ['-m', '/bin/sh', '-ec', `${script}\necho mounted\nread line`], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  keepers.push(keeper);
  await once(keeper.stdout, 'data');
  return inside(keeper);
}

/** bindfs in the foreground of a new mount namespace: when it ends, so does the mount. */
async function mountedByBindfs(from: string, to: string): Promise<readonly string[]> {
  const keeper = spawn('/usr/bin/unshare', ['-m', 'bindfs', '-f', from, to], { env, stdio: 'inherit' });
  keepers.push(keeper);
  const through = inside(keeper);
  const [program = '', ...args] = [...through, 'stat', '-f', '-c', '%t', to];
  while (spawnSync(program, args, { env, encoding: 'utf8' }).stdout.trim() !== '65735546') await sleep(5);
  return through;
}

function inside(keeper: ChildProcess): readonly string[] {
  return ['/usr/bin/nsenter', '-t', String(keeper.pid), '-m'];
}

describe.skipIf(isMissing('root', 'unshare', 'bindfs'))('a lock directory on FUSE', () => {
  let beside: string;
  let through: readonly string[];

  beforeEach(async () => {
    beside = join(base.path, 'beside');
    mkdirSync(beside);
    const mount = join(base.path, 'mount');
    mkdirSync(mount);
    directory = join(mount, 'locks');
    through = await mountedByBindfs(beside, mount);
  });

  it.each(['node', 'bun'] as const)('makes %s fall back to lockfile, and say so once', async (runtime) => {
    const child = await start({ through, runtime });
    await child.ask('acquire', 'held');
    await child.ask('release', 'released');
    await child.ask('acquire', 'held');
    expect(await child.ask('backend', 'backend')).toBe('lockfile lockfile');
    expect(readdirSync(join(beside, 'locks')).sort()).toEqual(
      ['.backend', `${lockFileName(scope)}.lock`, lockFileName(scope).replace('.lock', '.owner')].sort(),
    );
  });

  it('keeps the holds of four processes apart', async () => {
    const file = join(base.path, 'counter');
    writeFileSync(file, '0');
    const children = await Promise.all(
      [0, 1, 2, 3].map((place) => start({ through, runtime: place % 2 === 0 ? 'node' : 'bun' })),
    );
    for (const child of children) child.say(`count 50 ${file}`);
    for (const child of children) await child.hear('counted');
    expect(overlapsInLog(readFileSync(`${file}.log`, 'latin1').trim().split('\n'))).toEqual([]);
    expect(readFileSync(file, 'latin1')).toBe('200');
  });

  it('refuses flock there, and beside the mount by the stamp', async () => {
    const [within, other, flock, host, auto] = await Promise.all([
      start({ through }),
      start({ through, backend: 'flock' }),
      start({ directory: join(beside, 'locks'), backend: 'flock' }),
      start({ directory: join(beside, 'locks'), backend: 'lockfile' }),
      start({ directory: join(beside, 'locks') }),
    ]);
    await within.ask('acquire', 'held');
    await expect(other.ask('acquire', 'error')).resolves.toBe('LOCK_UNSUPPORTED');
    for (const child of [flock, host, auto]) {
      await expect(child.ask('acquire', 'error')).resolves.toBe('LOCK_MIXED');
    }
    expect(await auto.ask('backend', 'backend')).toBe('flock');
  });

  it('is shared beside the mount by who agrees that others may reach it', async () => {
    const reaching = { directory: join(beside, 'locks'), backend: '{"reach":"network","leaseMs":2000}' };
    const [within, outside] = await Promise.all([start({ through }), start(reaching)]);
    await within.ask('acquire', 'held');
    await expect(outside.ask('acquire {"waitMs":0}', 'error')).resolves.toBe('LOCK_BUSY');
    await outside.ask('acquire {"waitMs":null}', 'waiting');
    await within.ask('release', 'released');
    await outside.hear('held');
    await expect(within.ask('acquire {"waitMs":0}', 'error')).resolves.toBe('LOCK_BUSY');
  });

  it('frees the lock of a killed holder after its lease', async () => {
    const holder = await start({ through, backend: '{"leaseMs":600}' });
    const waiter = await start({ through, backend: '{"leaseMs":600}', runtime: 'bun' });
    await holder.ask('acquire', 'held');
    await holder.kill();
    await waiter.ask('acquire {"waitMs":null}', 'waiting');
    await waiter.hear('held');
  });
});

describe.each(fileBackends)('bad ground for %s', (backend) => {
  const refused = (child: LockProcess) => child.ask('acquire', 'error');
  const root = isMissing('root', 'unshare');

  it('is a file in the place of the directory', async () => {
    writeFileSync(directory, 'x');
    await expect(refused(await start({ backend }))).resolves.toBe('LOCK_DIRECTORY');
    expect(readFileSync(directory, 'utf8')).toBe('x');
  });

  it('is a file in the place of its parent', async () => {
    writeFileSync(directory, 'x');
    await expect(refused(await start({ backend, directory: join(directory, 'a') }))).resolves.toBe(
      'LOCK_DIRECTORY',
    );
  });

  it('is a link, to a directory or to nothing', async () => {
    mkdirSync(join(base.path, 'real'));
    for (const [name, target] of [
      ['link', 'real'],
      ['dangling', 'nothing'],
    ] as const) {
      symlinkSync(join(base.path, target), join(base.path, name));
      const child = await start({ backend, directory: join(base.path, name) });
      await expect(refused(child)).resolves.toBe('LOCK_DIRECTORY');
    }
    expect(readdirSync(base.path).sort()).toEqual(['dangling', 'link', 'real']);
    expect(readdirSync(join(base.path, 'real'))).toEqual([]);
  });

  it.skipIf(root)('is a directory of another user', async () => {
    chmodSync(base.path, 0o755);
    mkdirSync(directory, { mode: 0o755 });
    await expect(refused(await start({ backend, uid: nobody }))).resolves.toBe('LOCK_DIRECTORY_OWNER');
    expect(readdirSync(directory)).toEqual([]);
  });

  it.skipIf(root)('is a directory that its mode forbids to write', async () => {
    chmodSync(base.path, 0o755);
    mkdirSync(directory, { mode: 0o500 });
    chownSync(directory, nobody, nobody);
    await expect(refused(await start({ backend, uid: nobody }))).resolves.toBe('LOCK_DIRECTORY_READ_ONLY');
    expect(readdirSync(directory)).toEqual([]);
  });

  it.skipIf(root)('is a file system that is mounted read-only', async () => {
    mkdirSync(directory, { mode: 0o700 });
    const through = await mounted(
      `mount --bind ${base.path} ${base.path}\nmount -o remount,ro,bind ${base.path}`,
    );
    const missing = join(base.path, 'missing');
    await expect(refused(await start({ backend, through }))).resolves.toBe('LOCK_DIRECTORY_READ_ONLY');
    await expect(refused(await start({ backend, through, directory: missing }))).resolves.toBe(
      'LOCK_DIRECTORY_READ_ONLY',
    );
    expect(readdirSync(directory)).toEqual([]);
  });

  it.skipIf(root)('is a file system that is full, before and after its first lock', async () => {
    const mount = join(base.path, 'small');
    mkdirSync(mount);
    directory = join(mount, 'locks');
    const fill = `dd if=/dev/zero of=${mount}/fill bs=4k 2>/dev/null || :`;
    const through = await mounted(
      `mount -t tmpfs -o size=48k,mode=700 none ${mount}\nmkdir -m 700 ${directory}\n${fill}`,
    );
    const list = () =>
      spawnSync(through[0] ?? '', [...through.slice(1), 'ls', '-A', directory], { env, encoding: 'utf8' });
    const child = await start({ backend, through });
    await expect(refused(child)).resolves.toBe('LOCK_DIRECTORY_FULL');
    expect(list().stdout).toBe('');
    const [program = '', ...args] = [...through, '/bin/sh', '-c', `rm ${mount}/fill`];
    spawnSync(program, args, { env });
    await child.ask('acquire', 'held');
    await child.ask('release', 'released');
    spawnSync(program, [...through.slice(1), '/bin/sh', '-c', fill], { env });
    if (backend === 'lockfile') {
      await expect(refused(child)).resolves.toBe('LOCK_DIRECTORY_FULL');
      expect(list().stdout).not.toContain('.owner');
      expect(list().stdout).not.toContain('.lock.lock');
    } else {
      await child.ask('acquire', 'held'); // an empty lock file needs no room
    }
  });
});
