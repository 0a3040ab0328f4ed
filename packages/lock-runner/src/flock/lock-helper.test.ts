/** The helpers that wait in the kernel's queue: how many there are, what their death does, and what is done without one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { lockFileName } from '../lock-name.ts';
import { FlockGround, scope } from '../testing/flock-ground.ts';
import { until } from '../testing/until.ts';
import { type HelperKind, helperKinds, perlHelper, runtimeHelper, shellHelper } from './helper-kind.ts';
import { closeIdleLockFiles } from './kept-lock-files.ts';
import type { KernelQueue } from './kernel-queue.ts';
import { closeLockFile, openLockFile } from './lock-file.ts';

const ground = new FlockGround();

describe.each([...helperKinds])('the kernel queue through $name', (kind) => {
  let queue: KernelQueue;

  beforeEach(() => {
    queue = ground.waitThrough(kind);
  });

  it('serves one helper at a time however many tasks wait', async () => {
    const outsider = ground.takeFromOutside();
    const tasks = Array.from({ length: 64 }, () =>
      ground.runner.run(scope, { waitMs: Infinity }, () => undefined),
    );
    await ground.kernelWaiters(1);
    expect((await ground.runner.who(scope)).waiters).toHaveLength(64);
    ground.giveBack(outsider);
    await Promise.all(tasks);
  });

  it('waits with one helper, wait after wait', async () => {
    const pids = new Set<number>();
    for (let round = 0; round < 5; round += 1) {
      const outsider = ground.takeFromOutside();
      const waiter = ground.runner.run(scope, { waitMs: Infinity }, () => {
        for (const pid of ground.helperPids()) pids.add(pid);
      });
      await ground.kernelWaiters(1);
      ground.giveBack(outsider);
      await waiter;
    }
    expect(pids.size).toBe(1);
  });

  it.each(['alone', 'with its group'])('goes on waiting when its helper is killed %s', async (how) => {
    const outsider = ground.takeFromOutside();
    const waiter = ground.runner.run(scope, { waitMs: Infinity }, () => 'ran');
    await ground.kernelWaiters(1);
    const killed = ground.helperPid();
    process.kill(how === 'alone' ? killed : -killed, 'SIGKILL');
    await until(() => ground.helperPids().some((pid) => pid !== killed));
    await ground.kernelWaiters(1);
    ground.giveBack(outsider);
    await expect(waiter).resolves.toBe('ran');
  });

  it('is not disturbed by the death of a helper that idles', async () => {
    await (await ground.acquireInQueue()).release();
    process.kill(-ground.helperPid(), 'SIGKILL');
    await (await ground.acquireInQueue()).release();
  });

  it('leaves the lock to a child that was shown the descriptor, and to nobody else', async () => {
    const held = await ground.acquireInQueue();
    const heir = spawn('/bin/sleep', ['600'], {
      stdio: ['ignore', 'ignore', 'ignore', held.descriptor ?? 'ignore'],
    });
    const ended = once(heir, 'close');
    try {
      await held.release();
      expect(ground.helperPids()).toEqual([heir.pid]); // by its descriptor it looks like one
      await expect(ground.tryOnce()).rejects.toMatchObject({ code: 'LOCK_BUSY' });
    } finally {
      heir.kill('SIGKILL');
      await ended;
    }
    await expect(ground.tryOnce()).resolves.toBe('ran');
  });

  it('keeps no lock of a file that is closed', async () => {
    const outsider = ground.takeFromOutside();
    const file = openLockFile(ground.path);
    const wait = queue.wait(file, {
      mode: 'exclusive',
      priority: 'interactive',
      signal: new AbortController().signal,
    });
    await ground.kernelWaiters(1);
    ground.giveBack(outsider);
    await wait;
    closeLockFile(file);
    ground.giveBack(ground.takeFromOutside()); // at once: the helper cannot have ended yet
  });

  it('gives the lock back at once although a helper has its descriptor', async () => {
    await (await ground.acquireInQueue()).release();
    ground.giveBack(ground.takeFromOutside());
    expect(ground.helperPids()).toHaveLength(1);
  });
});

describe('the kernel queue', () => {
  const broken: HelperKind = { name: 'broken', command: () => ({ file: '/bin/false', args: [] }) };
  const missing: HelperKind = { name: 'missing', command: () => ({ file: '/nonexistent', args: [] }) };
  const absent: HelperKind = { name: 'absent', command: () => undefined };
  /** Says that it was granted what it never asked for, and ends. */
  const dying: HelperKind = {
    name: 'dying',
    command: () => ({ file: '/bin/sh', args: ['-c', 'kill -9 $$'] }),
  };

  it.each([[broken], [missing], [absent], [dying]])(
    'takes the next helper when the first is $name',
    async (kind) => {
      ground.waitThrough(kind, perlHelper, shellHelper, runtimeHelper);
      const outsider = ground.takeFromOutside();
      const waiter = ground.runner.run(scope, { waitMs: Infinity }, () => 'ran');
      await ground.kernelWaiters(1);
      ground.giveBack(outsider);
      await expect(waiter).resolves.toBe('ran');
    },
  );

  it.each([[broken], [missing], [absent], [dying]])('polls when the only helper is $name', async (kind) => {
    ground.waitThrough(kind);
    const outsider = ground.takeFromOutside();
    const waiter = ground.runner.run(scope, { waitMs: Infinity }, () => 'ran');
    await expect(ground.runner.run(scope, { waitMs: 40 }, () => 'ran')).rejects.toMatchObject({
      code: 'LOCK_BUSY',
    });
    ground.giveBack(outsider);
    await expect(waiter).resolves.toBe('ran');
  });

  it.each([[broken], [absent]])('is not fair when the only helper is $name, and says so', async (kind) => {
    ground.waitThrough(kind);
    ground.takeFromOutside();
    const isFair = async () => {
      const refused = ground.runner.run(scope, { waitMs: 25 }, () => 'ran');
      await expect(refused).rejects.toMatchObject({ code: 'LOCK_BUSY' });
      return ground.runner.guarantee.fair;
    };
    await expect.poll(isFair, { timeout: 20_000 }).toBe(false); // once the helper has had time to fail
    await expect(ground.runner.run(scope, { require: { fair: true } }, () => 'ran')).rejects.toMatchObject({
      code: 'LOCK_UNSUPPORTED',
    });
  });

  it('keeps sixteen idle helpers at the most, and none of a process that has closed its runners', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }); // none ends because it has idled for long
    await closeIdleLockFiles();
    const scopes = Array.from({ length: 20 }, (_, place) => `${scope}:${place}`);
    const outsiders = scopes.map((name) =>
      ground.takeFromOutside('exclusive', join(ground.directory, lockFileName(name))),
    );
    const tasks = scopes.map((name) => ground.runner.run(name, { waitMs: Infinity }, () => undefined));
    await until(() => ground.helperPids().length === scopes.length);
    for (const outsider of outsiders) ground.giveBack(outsider);
    await Promise.all(tasks);
    await until(() => ground.helperPids().length <= 16);
    await ground.runner.close();
    expect(ground.helperPids()).toEqual([]);
    vi.useRealTimers();
  });
});
