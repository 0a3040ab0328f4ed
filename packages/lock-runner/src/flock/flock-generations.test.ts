/** Generations of a lock file that others can remove, replace and bring back. */
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Held } from '@holdfast/base';
import { describe, expect, it, vi } from 'vitest';
import { allotFence, publishFenced } from '../directory/fence-file.ts';
import { LockRunner } from '../lock-runner.ts';
import { FlockGround, scope } from '../testing/flock-ground.ts';
import { makeFifo } from '../testing/make-fifo.ts';

const ground = new FlockGround();

describe('generations', () => {
  const fencePath = () => ground.path.replace('.lock', '.fence');

  it('go on with another runner on the same directory', async () => {
    const first = await ground.runner.run(scope, {}, (held) => held.fence());
    const second = await new LockRunner({ directory: ground.directory }).run(scope, {}, (held) =>
      held.fence(),
    );
    expect(second).toBe(first + 1);
  });

  it('refuse the older publish when another process has one of the new lock file', async () => {
    const older = await ground.runner.acquire(scope);
    await older.fence();
    rmSync(ground.path);
    const other = ground.takeFromOutside();
    const newest = allotFence(other.path, () => undefined);
    const step = vi.fn();
    expect(() => older.publish(step)).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }));
    expect(step).not.toHaveBeenCalled();
    expect(publishFenced({ path: other.path, scope, fence: newest }, () => 'published')).toBe('published');
    await older.release();
  });

  it('refuse the older publish also when the old lock file has come back', async () => {
    const older = await ground.runner.acquire(scope);
    await older.fence();
    renameSync(ground.path, `${ground.path}.away`);
    allotFence(ground.takeFromOutside().path, () => undefined);
    renameSync(`${ground.path}.away`, ground.path);
    expect(() => older.publish(() => 'published')).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }));
    await older.release();
  });

  it('are not allotted to a hold whose lock file was removed', async () => {
    const older = await ground.runner.acquire(scope);
    rmSync(ground.path);
    const newest = allotFence(ground.takeFromOutside().path, () => undefined);
    await expect(older.fence()).rejects.toMatchObject({ code: 'LOCK_LOST' });
    await older.release();
    expect(readFileSync(fencePath(), 'utf8')).toBe(`${newest}\n`);
  });

  it.each([
    ['without', async () => undefined],
    ['with', (held: Held) => held.fence()],
  ])('refuse a publish %s one when the lock file was removed', async (_what, prepare) => {
    const older = await ground.runner.acquire(scope);
    await prepare(older);
    rmSync(ground.path);
    const step = vi.fn();
    expect(() => older.publish(step)).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }));
    expect(step).not.toHaveBeenCalled();
    await older.release();
  });

  it.each(['', 'x\n', '-1\n', '1', '1\n2\n', '9'.repeat(40)])(
    'that are damaged are refused: %j',
    async (text) => {
      writeFileSync(fencePath(), text);
      await expect(ground.runner.run(scope, {}, (held) => held.fence())).rejects.toMatchObject({
        code: 'DOCUMENT_INVALID',
      });
      expect(readFileSync(fencePath(), 'utf8')).toBe(text);
    },
  );

  it.each([
    ['a link', (fence: string) => symlinkSync('/dev/null', fence)],
    ['a FIFO', makeFifo],
    ['a directory', (fence: string) => mkdirSync(fence)],
  ])('in the place of which stands %s are refused, without a hang', async (_what, plant) => {
    plant(fencePath());
    await expect(ground.runner.run(scope, {}, (held) => held.fence())).rejects.toMatchObject({
      code: expect.stringMatching(/^(READ_FAILED|DOCUMENT_INVALID|TARGET_REFUSED)$/),
    });
  });
});
