/** Lock directories that may be wrong. */
import { chmodSync, existsSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LockRunner } from '../lock-runner.ts';
import { FlockGround, scope } from '../testing/flock-ground.ts';
import { closeIdleLockFiles } from './kept-lock-files.ts';

const ground = new FlockGround();

describe('a lock directory', () => {
  const tryIn = (where: string) => new LockRunner({ directory: where }).run(scope, {}, () => 'ran');

  it('that is a file is refused', async () => {
    writeFileSync(join(ground.base, 'file'), '');
    await expect(tryIn(join(ground.base, 'file'))).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
    await expect(tryIn(join(ground.base, 'file/below'))).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
  });

  it.each(['to a directory', 'to nothing'])('that is a link %s is refused', async (where) => {
    symlinkSync(
      where === 'to a directory' ? ground.directory : join(ground.base, 'nothing'),
      join(ground.base, 'link'),
    );
    await expect(tryIn(join(ground.base, 'link'))).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
    expect(existsSync(join(ground.base, 'nothing'))).toBe(false);
  });

  it.each([0o777, 0o770, 0o1777])('that others can write is refused: %o', async (mode) => {
    chmodSync(ground.directory, mode);
    await expect(tryIn(ground.directory)).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
  });

  it.each([0o755, 0o750, 0o700])('that only its owner can write is taken: %o', async (mode) => {
    chmodSync(ground.directory, mode);
    await expect(tryIn(ground.directory)).resolves.toBe('ran');
  });

  it('that another backend has made anew is refused', async () => {
    await ground.tryOnce();
    rmSync(ground.directory, { recursive: true });
    const other = new LockRunner({ directory: ground.directory, backend: 'lockfile' });
    await other.run(scope, {}, () => undefined);
    await closeIdleLockFiles(); // it would have been another process
    await expect(ground.tryOnce()).rejects.toMatchObject({ code: 'LOCK_MIXED' });
    await expect(ground.tryOnce()).rejects.toMatchObject({ code: 'LOCK_MIXED' });
  });
});
