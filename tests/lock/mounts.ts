/** Mounts for one test, in mount namespaces of their own: each ends with the process that keeps it, and that with the test. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LockWorld } from './lock-world.ts';

const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };

/** What a program is started through to be where a mount is. */
export type Inside = readonly [string, ...string[]];

/** Runs `script` in a new mount namespace, and keeps that. */
export async function mountByShell(world: LockWorld, script: string): Promise<Inside> {
  const keeper = spawn('/usr/bin/unshare', ['-m', '/bin/sh', '-ec', `${script}\necho mounted\nread line`], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(world.keep(keeper).stdout, 'data');
  return inside(keeper);
}

/** bindfs in the foreground of a new mount namespace: when it ends, so does the mount. */
export async function mountByBindfs(world: LockWorld, from: string, to: string): Promise<Inside> {
  const keeper = spawn('/usr/bin/unshare', ['-m', 'bindfs', '-f', from, to], { env, stdio: 'inherit' });
  const there = inside(world.keep(keeper));
  while (runInside(there, 'stat', '-f', '-c', '%t', to).trim() !== '65735546') await sleep(5);
  return there;
}

/** @returns its stdout */
export function runInside([program, ...through]: Inside, ...command: readonly string[]): string {
  return spawnSync(program, [...through, ...command], { env, encoding: 'utf8' }).stdout;
}

function inside(keeper: ChildProcess): Inside {
  return ['/usr/bin/nsenter', '-t', String(keeper.pid), '-m'];
}
