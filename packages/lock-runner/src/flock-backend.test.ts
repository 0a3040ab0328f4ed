/**
 * What only flock has: the kernel's queue behind a helper, a lock file that others can touch, a directory that may be
 * wrong. An open file description of its own stands for another process.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { allotFence, publishFenced } from './fence-file.ts';
import { kernelLocks } from './kernel-locks.ts';
import { waitInKernelQueue } from './kernel-queue.ts';
import { activeTimers, leftovers, turn, until } from './lock-contract.ts';
import { closeLockFile, type LockFile, openLockFile, tryLockFile } from './lock-file.ts';
import { lockFileName } from './lock-name.ts';
import { LockRunner } from './lock-runner.ts';

const scope = 'policy:gw1';

describe('flock backend', () => {
  let base: string;
  let directory: string;
  let path: string;
  let runner: LockRunner;
  let timersBefore: number;
  let outsiders: Set<LockFile>;

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'holdfast-flock-'));
    directory = join(base, 'locks');
    path = join(directory, lockFileName(scope));
    mkdirSync(directory, { mode: 0o700 });
    runner = new LockRunner({ directory, backend: 'flock' });
    outsiders = new Set();
    timersBefore = activeTimers();
  });

  afterEach(() => {
    for (const file of outsiders) closeLockFile(file);
    const left = leftovers(base, timersBefore);
    rmSync(base, { recursive: true });
    expect(left).toEqual([]);
  });

  const takeFromOutside = (mode: 'exclusive' | 'shared' = 'exclusive'): LockFile => {
    const file = tryLockFile(path, mode);
    if (file === undefined) throw new Error('the lock is not free');
    outsiders.add(file);
    return file;
  };
  const giveBack = (file: LockFile) => {
    outsiders.delete(file);
    closeLockFile(file);
  };
  const kernelWaiters = (count: number) => until(() => kernelLocks(path).waiters.length === count);
  const tryOnce = () => runner.run(scope, { waitMs: 0 }, () => 'ran');

  describe('the kernel queue', () => {
    it('grants to a waiter when the outsider leaves', async () => {
      const outsider = takeFromOutside();
      const waiter = runner.run(scope, { waitMs: Infinity }, () => 'ran');
      await kernelWaiters(1);
      giveBack(outsider);
      await expect(waiter).resolves.toBe('ran');
    });

    it('lets a shared waiter in beside shared outsiders that came later', async () => {
      const writer = takeFromOutside();
      const waiter = runner.acquire(scope, { mode: 'shared' });
      await kernelWaiters(1);
      giveBack(writer);
      const held = await waiter;
      takeFromOutside('shared');
      expect(tryLockFile(path, 'exclusive')).toBeUndefined();
      await held.release();
    });

    it('leaves no helper, descriptor or lock when the wait is cancelled', async () => {
      const outsider = takeFromOutside();
      const cancel = new AbortController();
      const waiter = runner.run(scope, { waitMs: Infinity, signal: cancel.signal }, () => 'ran');
      await kernelWaiters(1);
      cancel.abort();
      await expect(waiter).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(kernelLocks(path).waiters).toEqual([]);
      giveBack(outsider);
      expect(leftovers(base, timersBefore)).toEqual([]);
      await expect(tryOnce()).resolves.toBe('ran');
    });

    it('leaves no helper, descriptor or lock when the limit passes', async () => {
      takeFromOutside();
      await expect(runner.run(scope, { waitMs: 25 }, () => 'ran')).rejects.toMatchObject({
        code: 'LOCK_BUSY',
        details: { holder: { pid: process.pid } },
      });
      expect(kernelLocks(path).waiters).toEqual([]);
    });

    it('serves one helper at a time however many tasks wait', async () => {
      const outsider = takeFromOutside();
      const tasks = Array.from({ length: 64 }, () =>
        runner.run(scope, { waitMs: Infinity }, () => undefined),
      );
      await kernelWaiters(1);
      expect((await runner.who(scope)).waiters).toHaveLength(64);
      giveBack(outsider);
      await Promise.all(tasks);
    });

    it('gives a grant back that the abort has overtaken', async () => {
      const outsider = takeFromOutside();
      const file = openLockFile(path);
      const cancel = new AbortController();
      const wait = waitInKernelQueue(file.fd, 'exclusive', cancel.signal);
      await kernelWaiters(1);
      giveBack(outsider);
      // The helper gets the lock while this thread never looks at its end.
      while (kernelLocks(path).waiters.length > 0 || kernelLocks(path).holders.length === 0);
      cancel.abort();
      await expect(wait).rejects.toBe(cancel.signal.reason);
      expect(kernelLocks(path).holders).toEqual([]); // although `file` is still open
      closeLockFile(file);
    });

    it('survives an abort at any moment around the grant', async () => {
      for (let round = 0; round < 40; round += 1) {
        const outsider = takeFromOutside();
        const cancel = new AbortController();
        const waiter = runner.run(scope, { waitMs: Infinity, signal: cancel.signal }, () => 'ran');
        const outcome = waiter.catch((error: { code: string }) => error.code);
        await kernelWaiters(1);
        giveBack(outsider);
        for (let turns = 0; turns < round % 8; turns += 1) await turn();
        cancel.abort();
        expect(['ran', 'CANCELLED']).toContain(await outcome);
        await expect(tryOnce()).resolves.toBe('ran');
      }
    });

    it('names the waiting process, and the holder that won through a helper', async () => {
      const outsider = takeFromOutside();
      const waiter = runner.acquire(scope, { purpose: 'won' });
      await kernelWaiters(1);
      expect((await runner.who(scope)).waiters).toMatchObject([{ pid: process.pid }]);
      giveBack(outsider);
      const held = await waiter;
      expect((await runner.who(scope)).holder).toMatchObject({ pid: process.pid, purpose: 'won' });
      await held.release();
    });

    it('names the shared holder that won through a helper', async () => {
      const outsider = takeFromOutside();
      const waiter = runner.acquire(scope, { mode: 'shared' });
      await kernelWaiters(1);
      giveBack(outsider);
      const held = await waiter;
      expect((await runner.who(scope)).holder).toMatchObject({ pid: process.pid });
      await held.release();
    });

    it('shows a waiter of another process to the holder as contention', async () => {
      const held = await runner.acquire(scope);
      expect(held.contended()).toBe(false);
      const file = openLockFile(path);
      const cancel = new AbortController();
      const wait = waitInKernelQueue(file.fd, 'exclusive', cancel.signal);
      await until(() => held.contended());
      cancel.abort();
      await expect(wait).rejects.toBe(cancel.signal.reason);
      closeLockFile(file);
      expect(held.contended()).toBe(false);
      await held.release();
    });
  });

  describe('a lock file', () => {
    it('is created 0600 in a directory that is created 0700 with its parents', async () => {
      const deep = join(base, 'a/b/locks');
      await new LockRunner({ directory: deep }).run(scope, {}, () => undefined);
      expect(statSync(join(base, 'a')).mode & 0o777).toBe(0o700);
      expect(statSync(deep).mode & 0o777).toBe(0o700);
      expect(statSync(join(deep, lockFileName(scope))).mode & 0o777).toBe(0o600);
    });

    it('keeps foreign content while its lock is held by somebody else', async () => {
      writeFileSync(path, 'mine');
      takeFromOutside();
      await expect(tryOnce()).rejects.toMatchObject({ code: 'LOCK_BUSY' });
      expect(readFileSync(path, 'utf8')).toBe('mine');
    });

    it('stays where it is after the release', async () => {
      await tryOnce();
      expect(existsSync(path)).toBe(true);
    });

    it('that was replaced while a task waited for the old one is not taken for the new one', async () => {
      const old = takeFromOutside();
      let isInside = false;
      const waiter = runner.run(scope, { waitMs: Infinity }, () => {
        isInside = true;
      });
      await kernelWaiters(1);
      rmSync(path);
      const current = takeFromOutside();
      giveBack(old);
      await kernelWaiters(1); // now on the new file
      expect(isInside).toBe(false);
      giveBack(current);
      await waiter;
      expect(isInside).toBe(true);
    });

    it.each([
      ['a symbolic link', () => symlinkSync(join(base, 'elsewhere'), path)],
      ['a FIFO', () => spawnSync('mkfifo', [path], { env: { PATH: '/usr/bin:/bin' } })],
      ['a directory', () => mkdirSync(path)],
    ])('that is %s is refused, without a hang and without a trace', async (_what, plant) => {
      plant();
      await expect(runner.run(scope, {}, () => 'ran')).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
      await runner.who(scope);
      expect(existsSync(join(base, 'elsewhere'))).toBe(false);
    });

    it('shows no control characters of a purpose', async () => {
      const held = await runner.acquire(scope, { purpose: 'a\x1b[31mb\n' });
      expect((await runner.who(scope)).holder?.purpose).toBe('a?[31mb?');
      await held.release();
    });

    it('reads no more than the beginning of a huge lock file', async () => {
      takeFromOutside();
      truncateSync(path, 3 * 1024 ** 3);
      const before = bytesRead();
      await expect(tryOnce()).rejects.toMatchObject({
        code: 'LOCK_BUSY',
        details: { holder: { pid: process.pid } },
      });
      // Other tests of this process may read meanwhile, but not that much.
      expect(bytesRead() - before).toBeLessThan(1024 ** 3);
      truncateSync(path, 0);
    });

    it('a record behind the first 4096 bytes is none', async () => {
      const record = { pid: process.pid, host: hostname(), purpose: 'far', sinceWallMs: 0 };
      takeFromOutside();
      writeFileSync(path, `${' '.repeat(4_096)}${JSON.stringify(record)}`);
      expect((await runner.who(scope)).holder?.purpose).not.toBe('far');
    });

    it('the longest purpose leaves a record', async () => {
      const held = await runner.acquire(scope, { purpose: '\u0001'.repeat(100_000) });
      const { holder } = await runner.who(scope);
      await held.release();
      expect(holder?.purpose).toBe('?'.repeat(200));
    });

    it.each(['', '{', '[]', '{"pid":"1"}', '\0'.repeat(100)])(
      'with the content %j is no record',
      async (text) => {
        writeFileSync(path, text);
        takeFromOutside();
        expect((await runner.who(scope)).holder).toMatchObject({ pid: process.pid });
      },
    );
  });

  describe('a lock directory', () => {
    const tryIn = (where: string) => new LockRunner({ directory: where }).run(scope, {}, () => 'ran');

    it('that is a file is refused', async () => {
      writeFileSync(join(base, 'file'), '');
      await expect(tryIn(join(base, 'file'))).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
      await expect(tryIn(join(base, 'file/below'))).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
    });

    it.each(['to a directory', 'to nothing'])('that is a link %s is refused', async (where) => {
      symlinkSync(where === 'to a directory' ? directory : join(base, 'nothing'), join(base, 'link'));
      await expect(tryIn(join(base, 'link'))).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
      expect(existsSync(join(base, 'nothing'))).toBe(false);
    });

    it.each([0o777, 0o770, 0o1777])('that others can write is refused: %o', async (mode) => {
      chmodSync(directory, mode);
      await expect(tryIn(directory)).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
    });

    it.each([0o755, 0o750, 0o700])('that only its owner can write is taken: %o', async (mode) => {
      chmodSync(directory, mode);
      await expect(tryIn(directory)).resolves.toBe('ran');
    });

    it('that vanished is refused once and then made again', async () => {
      await tryOnce();
      rmSync(directory, { recursive: true });
      await expect(tryOnce()).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
      await expect(tryOnce()).resolves.toBe('ran');
    });
  });

  describe('generations', () => {
    it('go on with another runner on the same directory', async () => {
      const first = await runner.run(scope, {}, (held) => held.fence());
      const second = await new LockRunner({ directory }).run(scope, {}, (held) => held.fence());
      expect(second).toBe(first + 1);
    });

    it('refuse the older publish when another process has one of the new lock file', async () => {
      const older = await runner.acquire(scope);
      await older.fence();
      rmSync(path);
      const other = takeFromOutside();
      const newest = allotFence(other.path, () => undefined);
      const step = vi.fn();
      expect(() => older.publish(step)).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }));
      expect(step).not.toHaveBeenCalled();
      expect(publishFenced({ path: other.path, scope, fence: newest }, () => 'published')).toBe('published');
      await older.release();
    });

    it('refuse the older publish also when the old lock file has come back', async () => {
      const older = await runner.acquire(scope);
      await older.fence();
      renameSync(path, `${path}.away`);
      allotFence(takeFromOutside().path, () => undefined);
      renameSync(`${path}.away`, path);
      expect(() => older.publish(() => 'published')).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }));
      await older.release();
    });

    it('are not allotted to a hold whose lock file was removed', async () => {
      const older = await runner.acquire(scope);
      rmSync(path);
      const newest = allotFence(takeFromOutside().path, () => undefined);
      await expect(older.fence()).rejects.toMatchObject({ code: 'LOCK_LOST' });
      expect(await older.release().then(() => readFileSync(path.replace('.lock', '.fence'), 'utf8'))).toBe(
        `${newest}\n`,
      );
    });

    it('are not needed to refuse a publish when the lock file was removed', async () => {
      const older = await runner.acquire(scope);
      rmSync(path);
      const step = vi.fn();
      expect(() => older.publish(step)).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }));
      expect(step).not.toHaveBeenCalled();
      await older.release();
    });

    it.each(['', 'x\n', '-1\n', '1', '1\n2\n', '9'.repeat(40)])(
      'that are damaged are refused: %j',
      async (text) => {
        writeFileSync(path.replace('.lock', '.fence'), text);
        await expect(runner.run(scope, {}, (held) => held.fence())).rejects.toMatchObject({
          code: 'DOCUMENT_INVALID',
        });
        expect(readFileSync(path.replace('.lock', '.fence'), 'utf8')).toBe(text);
      },
    );

    it.each([
      ['a link', (fence: string) => symlinkSync('/dev/null', fence)],
      ['a FIFO', (fence: string) => spawnSync('mkfifo', [fence], { env: { PATH: '/usr/bin:/bin' } })],
      ['a directory', (fence: string) => mkdirSync(fence)],
    ])('in the place of which stands %s are refused, without a hang', async (_what, plant) => {
      plant(path.replace('.lock', '.fence'));
      await expect(runner.run(scope, {}, (held) => held.fence())).rejects.toMatchObject({
        code: expect.stringMatching(/^(READ_FAILED|DOCUMENT_INVALID|TARGET_REFUSED)$/),
      });
    });
  });
});

/** What this process has read so far, in bytes. */
function bytesRead(): number {
  return Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'latin1'))?.[1]);
}
