/** Lock files that stay open from one hold to the next. */
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { FlockGround, scope } from '../testing/flock-ground.ts';
import { isBelow } from '../testing/leftovers.ts';
import { closeIdleLockFiles, keptWithin, mostKept } from './kept-lock-files.ts';

const ground = new FlockGround();

describe('a lock file that is kept open', () => {
  const openFiles = () => readdirSync('/proc/self/fd').filter((fd) => isBelow(ground.path, fd));

  it('serves one hold after the other', async () => {
    await ground.tryOnce();
    const before = openFiles();
    await ground.tryOnce();
    expect(before).toHaveLength(1);
    expect(openFiles()).toEqual(before);
  });

  it('is unlocked', async () => {
    await ground.tryOnce();
    ground.giveBack(ground.takeFromOutside());
  });

  it('is closed when its descriptor was looked at', async () => {
    const held = await ground.runner.acquire(scope);
    expect(held.descriptor).toBeTypeOf('number');
    await held.release();
    expect(openFiles()).toEqual([]);
  });

  it.each([
    ['removed', () => rmSync(ground.path)],
    ['replaced', () => renameSync(`${ground.path}.new`, ground.path)],
  ])('and was %s is not taken for the one that has its name now', async (_what, change) => {
    await ground.tryOnce();
    writeFileSync(`${ground.path}.new`, '');
    change();
    const current = ground.takeFromOutside();
    await expect(ground.tryOnce()).rejects.toMatchObject({ code: 'LOCK_BUSY' });
    ground.giveBack(current);
    await expect(ground.tryOnce()).resolves.toBe('ran');
    expect(openFiles()).toHaveLength(1);
  });

  it('and was replaced while somebody holds the old one keeps nobody from the new one', async () => {
    await ground.tryOnce();
    ground.takeFromOutside();
    rmSync(ground.path);
    await expect(ground.tryOnce()).resolves.toBe('ran');
  });

  it('is one of so many at the most, and closed after some seconds', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    await closeIdleLockFiles();
    const kept = () => readdirSync('/proc/self/fd').filter((fd) => isBelow(ground.base, fd)).length;
    for (let place = 0; place < mostKept + 8; place += 1)
      await ground.runner.run(`${scope}:${place}`, {}, () => undefined);
    expect(kept()).toBe(mostKept);
    vi.advanceTimersByTime(2_900);
    expect(kept()).toBe(mostKept);
    vi.advanceTimersByTime(3_200);
    expect(kept()).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it.each([
    ['1024                 524288', 256],
    ['20000                20000', 4_096],
    ['unlimited            unlimited', 4_096],
  ])('leaves descriptors to others, of a limit of %s', (openFiles, most) => {
    const limits = `Max processes             100                  100                  processes
Max open files            ${openFiles}               files`;
    expect(keptWithin(limits)).toBe(most);
  });

  it('is one of a few where no limit is told', () => {
    expect(keptWithin('')).toBe(256);
  });
});
