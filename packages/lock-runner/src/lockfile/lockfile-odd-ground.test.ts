/** Things that are not what they should be: in the directory, the directory itself, and the options. */
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { publishPath } from '../directory/fence-file.ts';
import { LockfileGround } from '../testing/lockfile-ground.ts';
import { makeFifo } from '../testing/make-fifo.ts';
import { lockfileBackend } from './lockfile-backend.ts';

const ground = new LockfileGround();

describe('odd things in the place of', () => {
  const link = (name: string) => symlinkSync('/dev/null', name);
  const dangling = (name: string) => symlinkSync('/nonexistent/x', name);
  const file = (name: string) => writeFileSync(name, 'x');

  it.each([
    ['a link', link],
    ['a dangling link', dangling],
    ['a FIFO', makeFifo],
    ['a file', file],
  ])('the claim are refused and left alone: %s', async (_what, plant) => {
    plant(ground.claim);
    const before = readdirSync(ground.directory);
    await expect(ground.tryOnce()).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
    expect(
      readdirSync(ground.directory).filter((name) => name !== '.backend' && !name.endsWith('.publish')),
    ).toEqual(before);
  });

  it.each([
    ['a link', link],
    ['a dangling link', dangling],
    ['a FIFO', makeFifo],
    ['a directory', (name: string) => mkdirSync(name)],
  ])('the record are refused, and no claim is left: %s', async (_what, plant) => {
    plant(ground.owner);
    await expect(ground.tryOnce()).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
    expect(readdirSync(ground.directory).filter((name) => name.includes('.lock.lock'))).toEqual([]);
    expect(existsSync('/nonexistent/x')).toBe(false);
  });

  it.each([
    ['a link', link],
    ['a FIFO', makeFifo],
    ['a directory', (name: string) => mkdirSync(name)],
  ])('the guard are refused, and no claim is left: %s', async (_what, plant) => {
    plant(publishPath(ground.path));
    await expect(ground.tryOnce()).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
    expect(existsSync(ground.claim)).toBe(false);
  });
});

it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('a lease of %s is refused', (bad) => {
  expect(() => lockfileBackend({ leaseMs: bad })).toThrow(
    expect.objectContaining({ code: 'DURATION_INVALID' }),
  );
});
