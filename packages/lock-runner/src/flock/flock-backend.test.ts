/**
 * What only flock has: the kernel's queue behind a helper, a lock file that others can touch, a directory that may be
 * wrong. An open file description of its own stands for another process.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
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
import { allotFence, publishFenced } from '../directory/fence-file.ts';
import { activeTimers, helpersIn, isBelow, leftovers, turn, until } from '../lock-contract.ts';
import { lockFileName } from '../lock-name.ts';
import { LockRunner } from '../lock-runner.ts';
import { createFlockBackend } from './flock-backend.ts';
import { type HelperKind, helperKinds, perlHelper, runtimeHelper, shellHelper } from './helper-kind.ts';
import { closeIdleLockFiles } from './kept-lock-files.ts';
import { kernelLocks } from './kernel-locks.ts';
import { KernelQueue } from './kernel-queue.ts';
import { closeLockFile, type LockFile, openLockFile, tryLockFile } from './lock-file.ts';

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

  afterEach(async () => {
    for (const file of outsiders) closeLockFile(file);
    const left = await leftovers(base, timersBefore);
    rmSync(base, { recursive: true });
    expect(left).toEqual([]);
  });

  const takeFromOutside = (mode: 'exclusive' | 'shared' = 'exclusive', where = path): LockFile => {
    const file = tryLockFile(where, mode);
    if (file === undefined) throw new Error('the lock is not free');
    outsiders.add(file);
    return file;
  };
  const giveBack = (file: LockFile) => {
    outsiders.delete(file);
    closeLockFile(file);
  };
  const kernelWaiters = (count: number) => until(() => kernelLocks(path).waiters.length === count);
  const helperPids = () => helpersIn(base);
  const helperPid = () => {
    const [pid] = helperPids();
    if (pid === undefined) throw new Error('there is no helper'); // 0 would mean our own process group
    return pid;
  };
  const runnerWith = (kernelQueue: KernelQueue) =>
    new LockRunner({ directory, backend: (context) => createFlockBackend({ ...context, kernelQueue }) });
  const tryOnce = () => runner.run(scope, { waitMs: 0 }, () => 'ran');

  describe.each([...helperKinds])('the kernel queue through $name', (kind) => {
    let queue: KernelQueue;

    beforeEach(() => {
      queue = new KernelQueue([kind]);
      runner = runnerWith(queue);
    });

    it('is there and fair', () => {
      expect(kind.command('interactive')).toBeDefined();
      expect(runner.guarantee.fair).toBe(true);
    });

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
      expect(await leftovers(base, timersBefore)).toEqual([]);
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
      const wait = queue.wait(file, { mode: 'exclusive', priority: 'interactive', signal: cancel.signal });
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

    it('waits with one helper, wait after wait', async () => {
      const pids = new Set<number>();
      for (let round = 0; round < 5; round += 1) {
        const outsider = takeFromOutside();
        const waiter = runner.run(scope, { waitMs: Infinity }, () => {
          for (const pid of helperPids()) pids.add(pid);
        });
        await kernelWaiters(1);
        giveBack(outsider);
        await waiter;
      }
      expect(pids.size).toBe(1);
    });

    it.each(['alone', 'with its group'])('goes on waiting when its helper is killed %s', async (how) => {
      const outsider = takeFromOutside();
      const waiter = runner.run(scope, { waitMs: Infinity }, () => 'ran');
      await kernelWaiters(1);
      const killed = helperPid();
      process.kill(how === 'alone' ? killed : -killed, 'SIGKILL');
      await until(() => helperPids().some((pid) => pid !== killed));
      await kernelWaiters(1);
      giveBack(outsider);
      await expect(waiter).resolves.toBe('ran');
    });

    it('is not disturbed by the death of a helper that idles', async () => {
      const first = takeFromOutside();
      const held = runner.acquire(scope);
      await kernelWaiters(1);
      giveBack(first);
      const idle = helperPid();
      await (await held).release();
      process.kill(-idle, 'SIGKILL');
      const second = takeFromOutside();
      const waiter = runner.run(scope, { waitMs: Infinity }, () => 'ran');
      await kernelWaiters(1);
      giveBack(second);
      await expect(waiter).resolves.toBe('ran');
    });

    it('leaves the lock to a child that was shown the descriptor, and to nobody else', async () => {
      const outsider = takeFromOutside();
      const waiter = runner.acquire(scope);
      await kernelWaiters(1);
      giveBack(outsider);
      const held = await waiter;
      const heir = spawn('/bin/sleep', ['600'], {
        stdio: ['ignore', 'ignore', 'ignore', held.descriptor ?? 'ignore'],
      });
      const ended = once(heir, 'close');
      try {
        await held.release();
        expect(helperPids()).toEqual([heir.pid]); // by its descriptor it looks like one
        await expect(tryOnce()).rejects.toMatchObject({ code: 'LOCK_BUSY' });
      } finally {
        heir.kill('SIGKILL');
        await ended;
      }
      await expect(tryOnce()).resolves.toBe('ran');
    });

    it('keeps no lock of a file that is closed', async () => {
      const outsider = takeFromOutside();
      const file = openLockFile(path);
      const wait = queue.wait(file, {
        mode: 'exclusive',
        priority: 'interactive',
        signal: new AbortController().signal,
      });
      await kernelWaiters(1);
      giveBack(outsider);
      await wait;
      closeLockFile(file);
      giveBack(takeFromOutside()); // at once: the helper cannot have ended yet
    });

    it('gives the lock back at once although a helper has its descriptor', async () => {
      const outsider = takeFromOutside();
      const waiter = runner.acquire(scope);
      await kernelWaiters(1);
      giveBack(outsider);
      await (await waiter).release();
      giveBack(takeFromOutside());
      expect(helperPids()).toHaveLength(1);
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

    it.each([
      ['interactive', 'interactive', true],
      ['interactive', 'background', false],
      ['background', 'interactive', true],
      ['background', 'background', true],
    ] as const)(
      'shows to %s holders waiters of other processes that are %s: %s',
      async (own, other, isShown) => {
        const held = await runner.acquire(scope, { priority: own });
        expect(held.contended()).toBe(false);
        const file = openLockFile(path);
        const cancel = new AbortController();
        const wait = queue.wait(file, { mode: 'exclusive', priority: other, signal: cancel.signal });
        await kernelWaiters(1);
        expect(held.contended()).toBe(isShown);
        cancel.abort();
        await expect(wait).rejects.toBe(cancel.signal.reason);
        closeLockFile(file);
        expect(held.contended()).toBe(false);
        await held.release();
      },
    );

    it('lets an interactive task of this process pass a background one that waits in the kernel', async () => {
      const outsider = takeFromOutside();
      const order: string[] = [];
      const tasks = (['background', 'interactive'] as const).map((priority) =>
        runner.run(scope, { priority, waitMs: Infinity }, () => order.push(priority)),
      );
      await kernelWaiters(1);
      giveBack(outsider);
      await Promise.all(tasks);
      expect(order).toEqual(['interactive', 'background']);
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
        runner = runnerWith(new KernelQueue([kind, perlHelper, shellHelper, runtimeHelper]));
        const outsider = takeFromOutside();
        const waiter = runner.run(scope, { waitMs: Infinity }, () => 'ran');
        await kernelWaiters(1);
        giveBack(outsider);
        await expect(waiter).resolves.toBe('ran');
      },
    );

    it.each([[broken], [missing], [absent], [dying]])('polls when the only helper is $name', async (kind) => {
      runner = runnerWith(new KernelQueue([kind]));
      const outsider = takeFromOutside();
      const waiter = runner.run(scope, { waitMs: Infinity }, () => 'ran');
      await expect(runner.run(scope, { waitMs: 40 }, () => 'ran')).rejects.toMatchObject({
        code: 'LOCK_BUSY',
      });
      giveBack(outsider);
      await expect(waiter).resolves.toBe('ran');
    });

    it.each([[broken], [absent]])('is not fair when the only helper is $name, and says so', async (kind) => {
      runner = runnerWith(new KernelQueue([kind]));
      takeFromOutside();
      await expect(runner.run(scope, { waitMs: 25 }, () => 'ran')).rejects.toMatchObject({
        code: 'LOCK_BUSY',
      });
      expect(runner.guarantee.fair).toBe(false);
      await expect(runner.run(scope, { require: { fair: true } }, () => 'ran')).rejects.toMatchObject({
        code: 'LOCK_UNSUPPORTED',
      });
    });

    it('keeps sixteen idle helpers at the most, and none of a process that has closed its runners', async () => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }); // none ends because it has idled for long
      await closeIdleLockFiles();
      const scopes = Array.from({ length: 20 }, (_, place) => `${scope}:${place}`);
      const outsiders = scopes.map((name) =>
        takeFromOutside('exclusive', join(directory, lockFileName(name))),
      );
      const tasks = scopes.map((name) => runner.run(name, { waitMs: Infinity }, () => undefined));
      await until(() => helperPids().length === scopes.length);
      outsiders.forEach(giveBack);
      await Promise.all(tasks);
      await until(() => helperPids().length <= 16);
      await runner.close();
      expect(helperPids()).toEqual([]);
      vi.useRealTimers();
    });
  });

  describe('a lock file that is kept open', () => {
    const openFiles = () =>
      readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).startsWith(path);
        } catch {
          return false; // closed meanwhile
        }
      });

    it('serves one hold after the other', async () => {
      await tryOnce();
      const before = openFiles();
      await tryOnce();
      expect(before).toHaveLength(1);
      expect(openFiles()).toEqual(before);
    });

    it('is unlocked', async () => {
      await tryOnce();
      giveBack(takeFromOutside());
    });

    it('is closed when its descriptor was looked at', async () => {
      const held = await runner.acquire(scope);
      expect(held.descriptor).toBeTypeOf('number');
      await held.release();
      expect(openFiles()).toEqual([]);
    });

    it.each([
      ['removed', () => rmSync(path)],
      ['replaced', () => renameSync(`${path}.new`, path)],
    ])('and was %s is not taken for the one that has its name now', async (_what, change) => {
      await tryOnce();
      writeFileSync(`${path}.new`, '');
      change();
      const current = takeFromOutside();
      await expect(tryOnce()).rejects.toMatchObject({ code: 'LOCK_BUSY' });
      giveBack(current);
      await expect(tryOnce()).resolves.toBe('ran');
      expect(openFiles()).toHaveLength(1);
    });

    it('and was replaced while somebody holds the old one keeps nobody from the new one', async () => {
      await tryOnce();
      takeFromOutside();
      rmSync(path);
      await expect(tryOnce()).resolves.toBe('ran');
    });

    it('is one of 64 at the most, and closed after some seconds', async () => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      await closeIdleLockFiles();
      const kept = () => readdirSync('/proc/self/fd').filter((fd) => isBelow(base, fd)).length;
      for (let place = 0; place < 70; place += 1) await runner.run(`${scope}:${place}`, {}, () => undefined);
      expect(kept()).toBe(64);
      vi.advanceTimersByTime(2_900);
      expect(kept()).toBe(64);
      vi.advanceTimersByTime(3_200);
      expect(kept()).toBe(0);
      expect(vi.getTimerCount()).toBe(0);
      vi.useRealTimers();
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
