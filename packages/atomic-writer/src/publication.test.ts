/** Retries of a refused rename: which errnos, how long, and what the receipt says. Time is fake. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Clock, HoldfastError } from '@holdfast/base';
import { fakeHeld } from '@holdfast/base/fake-held';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AtomicWriter } from './atomic-writer.ts';
import type { FilePort } from './file-port.ts';
import { nodeFilePort } from './node-file-port.ts';
import type { WriteReceipt } from './writer-options.ts';

describe('retries of a refused rename', () => {
  let directory: string;
  let path: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-retry-'));
    path = join(directory, 'file');
    writeFileSync(path, 'old');
  });

  afterEach(() => {
    const left = readdirSync(directory);
    rmSync(directory, { recursive: true });
    expect(left).toEqual(['file']);
  });

  it('waits 50 ms doubling to 1 s and counts the retries', async () => {
    const clock = fakeClock();
    const writer = new AtomicWriter({ clock, retryBudgetMs: 60_000, fs: refusingPort(7, 'EBUSY') });
    expect(await writer.write(path, 'new')).toMatchObject({ retries: 7, tookMs: 3_550 });
    expect(clock.sleeps).toEqual([50, 100, 200, 400, 800, 1_000, 1_000]);
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  it.each([
    ['0 is one try', 0, []],
    ['the last wait is cut to the budget', 120, [50, 70]],
    [
      'infinite counts as 10 s',
      Number.POSITIVE_INFINITY,
      [50, 100, 200, 400, 800, ...Array(8).fill(1_000), 450],
    ],
  ])('%s', async (_, retryBudgetMs, sleeps) => {
    const clock = fakeClock();
    const writer = new AtomicWriter({ clock, retryBudgetMs, fs: refusingPort(99, 'EBUSY') });
    await expect(writer.write(path, 'new')).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      details: { step: 'publish', errno: 'EBUSY', retries: sleeps.length },
    });
    expect(clock.sleeps).toEqual(sleeps);
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  it('the budget of a hold counts instead of the writer’s', async () => {
    const clock = fakeClock();
    const writer = new AtomicWriter({ clock, retryBudgetMs: 60_000, fs: refusingPort(99, 'EBUSY') });
    const held = fakeHeld({ budgetMs: 200 });
    await expect(writer.write(path, 'new', { held })).rejects.toMatchObject({ details: { errno: 'EBUSY' } });
    expect(clock.sleeps).toEqual([50, 100, 50]);
    expect(held.publishes).toBe(4);
  });

  it('the writes under one hold share its budget, a wait counting with what it took', async () => {
    const clock = fakeClock(1.5);
    const held = fakeHeld({ budgetMs: 200 });
    const busy = new AtomicWriter({ clock, fs: refusingPort(1, 'EBUSY') });
    expect(await busy.write(path, 'new', { held })).toMatchObject({ retries: 1, tookMs: 75 });
    const busier = new AtomicWriter({ clock, fs: refusingPort(99, 'EBUSY') });
    await expect(busier.write(path, 'newer', { held })).rejects.toMatchObject({
      details: { retries: 2, tookMs: 150 },
    });
    await expect(busier.write(path, 'newest', { held })).rejects.toMatchObject({ details: { retries: 0 } });
    expect(clock.sleeps).toEqual([50, 50, 50]);
    expect(await busy.write(path, 'free', { held })).toMatchObject({ retries: 0 });
  });

  it('an error tells how often and how long it was tried', async () => {
    const writer = new AtomicWriter({
      clock: fakeClock(),
      retryBudgetMs: 150,
      fs: refusingPort(99, 'EBUSY'),
    });
    await expect(writer.write(path, 'new')).rejects.toMatchObject({
      details: { step: 'publish', errno: 'EBUSY', retries: 2, tookMs: 150 },
    });
  });

  describe.each(['native', 'portable'] as const)('in the %s engine', (engine) => {
    const ways: Readonly<Record<string, (writer: AtomicWriter) => Promise<WriteReceipt | undefined>>> = {
      text: (writer) => writer.write(path, 'new'),
      bytes: (writer) => writer.write(path, Buffer.from('new')),
      'a stream': (writer) => writer.write(path, Readable.from(['n', 'ew'])),
      'a group': async (writer) => (await writer.writeMany([{ path, data: 'new' }]))[0],
    };

    it.each(Object.entries(ways))(
      'a burst is outlived by %s, which says how often and how long',
      async (_, write) => {
        const writer = new AtomicWriter({ clock: fakeClock(), engine, fs: refusingPort(3, 'EBUSY') });
        expect(await write(writer)).toMatchObject({ retries: 3, tookMs: 350 });
        expect(readFileSync(path, 'utf8')).toBe('new');
      },
    );

    it.each(Object.entries(ways))('a burst that outlasts the budget is reported by %s', async (_, write) => {
      const clock = fakeClock();
      const writer = new AtomicWriter({ clock, retryBudgetMs: 170, engine, fs: refusingPort(99, 'EBUSY') });
      await expect(write(writer)).rejects.toMatchObject({
        code: 'WRITE_FAILED',
        details: { step: 'publish', errno: 'EBUSY', retries: 3, tookMs: 170 },
      });
      expect([clock.sleeps, readFileSync(path, 'utf8')]).toEqual([[50, 100, 20], 'old']);
    });

    it('the blocking write retries too, and never beyond the budget', () => {
      const passing = new AtomicWriter({ engine, fs: refusingPort(2, 'EBUSY') });
      expect(passing.writeSync(path, 'new').retries).toBe(2);
      const refused = new AtomicWriter({ retryBudgetMs: 60, engine, fs: refusingPort(99, 'EBUSY') });
      let failure: unknown;
      try {
        refused.writeSync(path, 'newer');
      } catch (error) {
        failure = error;
      }
      // Real time: where a wait of 50 ms takes longer than the whole budget, it is the only one.
      expect(failure).toMatchObject({ code: 'WRITE_FAILED', details: { step: 'publish', errno: 'EBUSY' } });
      expect([1, 2]).toContain((failure as HoldfastError).details.retries);
      expect(readFileSync(path, 'utf8')).toBe('new');
    });
  });

  it('permission errors are retried only where they mean a sharing violation', async () => {
    const clock = fakeClock();
    const posix = new AtomicWriter({ clock, fs: refusingPort(1, 'EPERM') });
    await expect(posix.write(path, 'new')).rejects.toMatchObject({ details: { errno: 'EPERM', retries: 0 } });
    const windows = new Set(['EBUSY', 'EPERM', 'EACCES']);
    const writer = new AtomicWriter({ clock, fs: { ...refusingPort(1, 'EPERM'), retryableErrnos: windows } });
    expect(await writer.write(path, 'new')).toMatchObject({ retries: 1 });
  });

  it('a mount point is explained at once and not retried', async () => {
    const clock = fakeClock();
    const mountTable = () =>
      `36 35 98:0 /x ${path.replaceAll('-', '\\055')} rw,noatime - ext4 /dev/root rw\n`;
    const writer = new AtomicWriter({ clock, fs: { ...refusingPort(1, 'EBUSY'), mountTable } });
    const error = await writer.write(path, 'new').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'WRITE_FAILED', details: { errno: 'EBUSY', retries: 0 } });
    expect(String(error)).toContain('mount point');
    expect(clock.sleeps).toEqual([]);
  });

  it('a mount point below a directory that is reached through a link is explained too', async () => {
    const clock = fakeClock();
    const alias = `${directory}-alias`;
    symlinkSync(directory, alias);
    const mountTable = () => `36 35 98:0 /x ${path} rw,noatime - ext4 /dev/root rw\n`;
    const writer = new AtomicWriter({ clock, fs: { ...refusingPort(99, 'EBUSY'), mountTable } });
    const error = await writer.write(join(alias, 'file'), 'new').catch((reason: unknown) => reason);
    rmSync(alias);
    expect(error).toMatchObject({ code: 'WRITE_FAILED', details: { errno: 'EBUSY', retries: 0 } });
    expect(String(error)).toContain('mount point');
  });

  it('a mount table that cannot be read explains nothing, and the refusal is still retried and reported', async () => {
    const mountTable = () => {
      throw Object.assign(new Error('EMFILE'), { code: 'EMFILE' });
    };
    const passing = { ...refusingPort(2, 'EBUSY'), mountTable };
    expect(await new AtomicWriter({ clock: fakeClock(), fs: passing }).write(path, 'new')).toMatchObject({
      retries: 2,
    });
    const fs = { ...refusingPort(99, 'EBUSY'), mountTable };
    const writer = new AtomicWriter({ clock: fakeClock(), retryBudgetMs: 60, fs });
    const refused = { code: 'WRITE_FAILED', details: { step: 'publish', errno: 'EBUSY', retries: 2 } };
    await expect(writer.write(path, 'newer')).rejects.toMatchObject(refused);
    const unlink = () => {
      throw Object.assign(new Error('EBUSY'), { code: 'EBUSY' });
    };
    const removing = new AtomicWriter({ clock: fakeClock(), retryBudgetMs: 60, fs: { ...fs, unlink } });
    await expect(removing.remove(path)).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      details: { errno: 'EBUSY' },
    });
  });

  it('a second file system inside the directory is explained and not retried', async () => {
    const clock = fakeClock();
    const writer = new AtomicWriter({ clock, fs: refusingPort(1, 'EXDEV') });
    await expect(writer.write(path, 'new')).rejects.toMatchObject({
      details: { errno: 'EXDEV', retries: 0 },
    });
    expect(clock.sleeps).toEqual([]);
  });

  it('an abort ends the wait between two tries', async () => {
    const abort = new AbortController();
    const clock: Clock = { ...fakeClock(), sleep: async () => abort.abort('enough') };
    const writer = new AtomicWriter({ clock, fs: refusingPort(99, 'EBUSY') });
    await expect(writer.write(path, 'new', { signal: abort.signal })).rejects.toBe('enough');
  });

  it('a removal is retried as well', async () => {
    const clock = fakeClock();
    let refusals = 2;
    const unlink = (target: string) => {
      if (target === path && refusals-- > 0) throw Object.assign(new Error('busy'), { code: 'EBUSY' });
      nodeFilePort.unlink(target);
    };
    await new AtomicWriter({ clock, fs: { ...nodeFilePort, unlink } }).remove(path);
    expect(clock.sleeps).toEqual([50, 100]);
    expect(readdirSync(directory)).toEqual([]);
    writeFileSync(path, 'old');
  });
});

/** @param lateness - how much longer than asked for a sleep takes */
function fakeClock(lateness = 1): Clock & { readonly sleeps: number[] } {
  const sleeps: number[] = [];
  let nowMs = 0;
  return {
    sleeps,
    wallMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      sleeps.push(ms);
      nowMs += ms * lateness;
    },
  };
}

/** Refuses the first `count` renames with `errno`. */
function refusingPort(count: number, errno: string): FilePort {
  let refusals = count;
  return {
    ...nodeFilePort,
    rename: (from, to) => {
      if (refusals-- > 0) throw Object.assign(new Error(`${errno}: injected`), { code: errno });
      nodeFilePort.rename(from, to);
    },
  };
}
