/** The kernel's queue behind each kind of helper: who is let in, who is named, and what a wait leaves. */
import { beforeEach, describe, expect, it } from 'vitest';
import { FlockGround, scope } from '../testing/flock-ground.ts';
import { leftovers } from '../testing/leftovers.ts';
import { turn } from '../testing/until.ts';
import { helperKinds } from './helper-kind.ts';
import { kernelLocks } from './kernel-locks.ts';
import type { KernelQueue } from './kernel-queue.ts';
import { closeLockFile, openLockFile, tryLockFile } from './lock-file.ts';

const ground = new FlockGround();

describe.each([...helperKinds])('the kernel queue through $name', (kind) => {
  let queue: KernelQueue;

  beforeEach(() => {
    queue = ground.waitThrough(kind);
  });

  it('is there and fair', () => {
    expect(kind.command('interactive')).toBeDefined();
    expect(ground.runner.guarantee.fair).toBe(true);
  });

  it('grants to a waiter when the outsider leaves', async () => {
    const outsider = ground.takeFromOutside();
    const waiter = ground.runner.run(scope, { waitMs: Infinity }, () => 'ran');
    await ground.kernelWaiters(1);
    ground.giveBack(outsider);
    await expect(waiter).resolves.toBe('ran');
  });

  it('lets a shared waiter in beside shared outsiders that came later', async () => {
    const held = await ground.acquireInQueue({ mode: 'shared' });
    ground.takeFromOutside('shared');
    expect(tryLockFile(ground.path, 'exclusive')).toBeUndefined();
    await held.release();
  });

  it('leaves no helper, descriptor or lock when the wait is cancelled', async () => {
    const outsider = ground.takeFromOutside();
    const cancel = new AbortController();
    const waiter = ground.runner.run(scope, { waitMs: Infinity, signal: cancel.signal }, () => 'ran');
    await ground.kernelWaiters(1);
    cancel.abort();
    await expect(waiter).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(kernelLocks(ground.path).waiters).toEqual([]);
    ground.giveBack(outsider);
    expect(await leftovers(ground.base, ground.timersBefore)).toEqual([]);
    await expect(ground.tryOnce()).resolves.toBe('ran');
  });

  it('leaves no helper, descriptor or lock when the limit passes', async () => {
    ground.takeFromOutside();
    await expect(ground.runner.run(scope, { waitMs: 25 }, () => 'ran')).rejects.toMatchObject({
      code: 'LOCK_BUSY',
      details: { holder: { pid: process.pid } },
    });
    expect(kernelLocks(ground.path).waiters).toEqual([]);
  });

  it('gives a grant back that the abort has overtaken', async () => {
    const outsider = ground.takeFromOutside();
    const file = openLockFile(ground.path);
    const cancel = new AbortController();
    const wait = queue.wait(file, { mode: 'exclusive', priority: 'interactive', signal: cancel.signal });
    await ground.kernelWaiters(1);
    ground.giveBack(outsider);
    // The helper gets the lock while this thread never looks at its end.
    while (kernelLocks(ground.path).waiters.length > 0 || kernelLocks(ground.path).holders.length === 0);
    cancel.abort();
    await expect(wait).rejects.toBe(cancel.signal.reason);
    expect(kernelLocks(ground.path).holders).toEqual([]); // although `file` is still open
    closeLockFile(file);
  });

  it('survives an abort at any moment around the grant', async () => {
    for (let round = 0; round < 40; round += 1) {
      const outsider = ground.takeFromOutside();
      const cancel = new AbortController();
      const waiter = ground.runner.run(scope, { waitMs: Infinity, signal: cancel.signal }, () => 'ran');
      const outcome = waiter.catch((error: { code: string }) => error.code);
      await ground.kernelWaiters(1);
      ground.giveBack(outsider);
      for (let turns = 0; turns < round % 8; turns += 1) await turn();
      cancel.abort();
      expect(['ran', 'CANCELLED']).toContain(await outcome);
      await expect(ground.tryOnce()).resolves.toBe('ran');
    }
  });

  it('names the waiting process, and the holder that won through a helper', async () => {
    const outsider = ground.takeFromOutside();
    const waiter = ground.runner.acquire(scope, { purpose: 'won' });
    await ground.kernelWaiters(1);
    expect((await ground.runner.who(scope)).waiters).toMatchObject([{ pid: process.pid }]);
    ground.giveBack(outsider);
    const held = await waiter;
    expect((await ground.runner.who(scope)).holder).toMatchObject({ pid: process.pid, purpose: 'won' });
    await held.release();
  });

  it('names the shared holder that won through a helper', async () => {
    const held = await ground.acquireInQueue({ mode: 'shared' });
    expect((await ground.runner.who(scope)).holder).toMatchObject({ pid: process.pid });
    await held.release();
  });

  it.each([
    ['interactive', 'interactive', true],
    ['interactive', 'background', false],
    ['background', 'interactive', true],
    ['background', 'background', true],
  ] as const)(
    'shows to %s holders waiters of other processes that are %s: %s',
    async (own, other, isShown) => {
      const held = await ground.runner.acquire(scope, { priority: own });
      expect(held.contended()).toBe(false);
      const file = openLockFile(ground.path);
      const cancel = new AbortController();
      const wait = queue.wait(file, { mode: 'exclusive', priority: other, signal: cancel.signal });
      await ground.kernelWaiters(1);
      expect(held.contended()).toBe(isShown);
      cancel.abort();
      await expect(wait).rejects.toBe(cancel.signal.reason);
      closeLockFile(file);
      expect(held.contended()).toBe(false);
      await held.release();
    },
  );

  it('lets an interactive task of this process pass a background one that waits in the kernel', async () => {
    const outsider = ground.takeFromOutside();
    const order: string[] = [];
    const tasks = (['background', 'interactive'] as const).map((priority) =>
      ground.runner.run(scope, { priority, waitMs: Infinity }, () => order.push(priority)),
    );
    await ground.kernelWaiters(1);
    ground.giveBack(outsider);
    await Promise.all(tasks);
    expect(order).toEqual(['interactive', 'background']);
  });
});
