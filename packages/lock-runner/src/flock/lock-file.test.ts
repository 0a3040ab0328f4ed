/** A lock file that others can touch, and the record of the holder in it. */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockFileName } from '../lock-name.ts';
import { LockRunner } from '../lock-runner.ts';
import { FlockGround, scope } from '../testing/flock-ground.ts';
import { makeFifo } from '../testing/make-fifo.ts';

const ground = new FlockGround();

describe('a lock file', () => {
  it('is created 0600 in a directory that is created 0700 with its parents', async () => {
    const deep = join(ground.base, 'a/b/locks');
    await new LockRunner({ directory: deep }).run(scope, {}, () => undefined);
    expect(statSync(join(ground.base, 'a')).mode & 0o777).toBe(0o700);
    expect(statSync(deep).mode & 0o777).toBe(0o700);
    expect(statSync(join(deep, lockFileName(scope))).mode & 0o777).toBe(0o600);
  });

  it('keeps foreign content while its lock is held by somebody else', async () => {
    writeFileSync(ground.path, 'mine');
    ground.takeFromOutside();
    await expect(ground.tryOnce()).rejects.toMatchObject({ code: 'LOCK_BUSY' });
    expect(readFileSync(ground.path, 'utf8')).toBe('mine');
  });

  it('stays where it is after the release', async () => {
    await ground.tryOnce();
    expect(existsSync(ground.path)).toBe(true);
  });

  it('that was replaced while a task waited for the old one is not taken for the new one', async () => {
    const old = ground.takeFromOutside();
    let isInside = false;
    const waiter = ground.runner.run(scope, { waitMs: Infinity }, () => {
      isInside = true;
    });
    await ground.kernelWaiters(1);
    rmSync(ground.path);
    const current = ground.takeFromOutside();
    ground.giveBack(old);
    await ground.kernelWaiters(1); // now on the new file
    expect(isInside).toBe(false);
    ground.giveBack(current);
    await waiter;
    expect(isInside).toBe(true);
  });

  it.each([
    ['a symbolic link', () => symlinkSync(join(ground.base, 'elsewhere'), ground.path)],
    ['a FIFO', () => makeFifo(ground.path)],
    ['a directory', () => mkdirSync(ground.path)],
  ])('that is %s is refused, without a hang and without a trace', async (_what, plant) => {
    plant();
    await expect(ground.runner.run(scope, {}, () => 'ran')).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
    await ground.runner.who(scope);
    expect(existsSync(join(ground.base, 'elsewhere'))).toBe(false);
  });

  it('shows no control characters of a purpose', async () => {
    const held = await ground.runner.acquire(scope, { purpose: 'a\x1b[31mb\n' });
    expect((await ground.runner.who(scope)).holder?.purpose).toBe('a?[31mb?');
    await held.release();
  });

  it('reads no more than the beginning of a huge lock file', async () => {
    ground.takeFromOutside();
    truncateSync(ground.path, 3 * 1024 ** 3);
    const before = bytesRead();
    await expect(ground.tryOnce()).rejects.toMatchObject({
      code: 'LOCK_BUSY',
      details: { holder: { pid: process.pid } },
    });
    // Other tests of this process may read meanwhile, but not that much.
    expect(bytesRead() - before).toBeLessThan(1024 ** 3);
    truncateSync(ground.path, 0);
  });

  it('a record behind the first 4096 bytes is none', async () => {
    const record = { pid: process.pid, host: hostname(), purpose: 'far', sinceWallMs: 0 };
    ground.takeFromOutside();
    writeFileSync(ground.path, `${' '.repeat(4_096)}${JSON.stringify(record)}`);
    expect((await ground.runner.who(scope)).holder?.purpose).not.toBe('far');
  });

  it('the longest purpose leaves a record', async () => {
    const held = await ground.runner.acquire(scope, { purpose: '\u0001'.repeat(100_000) });
    const { holder } = await ground.runner.who(scope);
    await held.release();
    expect(holder?.purpose).toBe('?'.repeat(200));
  });

  it.each(['', '{', '[]', '{"pid":"1"}', '\0'.repeat(100)])(
    'with the content %j is no record',
    async (text) => {
      writeFileSync(ground.path, text);
      ground.takeFromOutside();
      expect((await ground.runner.who(scope)).holder).toMatchObject({ pid: process.pid });
    },
  );
});

/** What this process has read so far, in bytes. */
function bytesRead(): number {
  return Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'latin1'))?.[1]);
}
