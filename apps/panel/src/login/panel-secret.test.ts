/** The file of the panel's secret: made once by whoever comes first, and refused where others could have read it. */
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from '../../../../tests/support/temporary-directory.ts';
import { deriveKey, openPanelSecret } from './panel-secret.ts';

describe('the secret of the panel', () => {
  let directory: TemporaryDirectory;
  let path: string;
  const open = (isMadeWhenMissing = true) => openPanelSecret(path, { isMadeWhenMissing });

  beforeEach(async () => {
    directory = await temporaryDirectory();
    path = join(directory.path, 'panel.secret');
  });
  afterEach(() => directory[Symbol.asyncDispose]());

  it('is made once, private, and read by whoever comes later', async () => {
    const secret = await open();
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await open(false)).toBe(secret);
    expect(await readdir(directory.path)).toEqual(['panel.secret']);
  });

  it('is the same for all who are the first, also for those who come while it is made', async () => {
    const secrets = await Promise.all(
      Array.from({ length: 24 }, async (_, place) => {
        // Each a little later than the one before.
        for (let hop = 0; hop < place; hop += 1) await stat(directory.path);
        return await open();
      }),
    );
    expect(new Set(secrets).size).toBe(1);
    expect(await readdir(directory.path)).toEqual(['panel.secret']);
  });

  it('is not made where somebody has named a file', async () => {
    await expect(open(false)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(await readdir(directory.path)).toEqual([]);
  });

  it.each([
    ['empty', ''],
    ['short', 'short\n'],
    ['of two lines', `${'x'.repeat(40)}\n${'y'.repeat(40)}\n`],
    ['endless', 'x'.repeat(5_000)],
  ])('that is %s is refused, and left as it is', async (_what, text) => {
    await writeFile(path, text, { mode: 0o600 });
    await expect(open()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it.each([0o644, 0o660, 0o602])('that others can reach (mode %o) is refused', async (mode) => {
    await writeFile(path, `${'x'.repeat(40)}\n`);
    await chmod(path, mode);
    await expect(open()).rejects.toMatchObject({ code: 'SECRET_EXPOSED' });
  });

  it('that is a directory, or is in none, is told as such', async () => {
    await mkdir(path, { mode: 0o700 });
    await expect(open()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    path = join(directory.path, 'nowhere', 'panel.secret');
    await expect(open()).rejects.toMatchObject({ code: 'WRITE_FAILED' });
  });

  it('gives each purpose a key of its own', () => {
    const purposes = ['access-token', 'captcha', 'login-attempt'] as const;
    const keys = purposes.map((purpose) => deriveKey('one secret', purpose).toString('hex'));
    expect(new Set(keys).size).toBe(3);
    expect(deriveKey('one secret', 'captcha')).toEqual(deriveKey('one secret', 'captcha'));
    expect(deriveKey('other secret', 'captcha')).not.toEqual(deriveKey('one secret', 'captcha'));
  });
});
