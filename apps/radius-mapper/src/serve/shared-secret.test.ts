/** The file of the secret: made once, read as it is, refused where others can read it. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSharedSecret, secretPath } from './shared-secret.ts';

let stateDirectory: string;
beforeEach(() => {
  stateDirectory = mkdtempSync(join(tmpdir(), 'holdfast-secret-'));
});
afterEach(() => rmSync(stateDirectory, { recursive: true }));

const inState = () => ({ stateDirectory, secretFile: undefined });
const codeOf = (secretFile?: string) => {
  try {
    return openSharedSecret({ stateDirectory, secretFile });
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

describe('the secret', () => {
  it('is made once, for its owner alone, and nothing else is left', () => {
    const secret = openSharedSecret(inState());
    expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(openSharedSecret(inState())).toBe(secret);
    const path = secretPath(inState());
    expect(readFileSync(path, 'utf8')).toBe(`${secret}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(stateDirectory)).toEqual(['radius-mapper.secret']);
  });

  it('is another one in another state directory, which is made for it', () => {
    const other = join(stateDirectory, 'a', 'b');
    expect(openSharedSecret({ stateDirectory: other, secretFile: undefined })).not.toBe(
      openSharedSecret(inState()),
    );
    expect(statSync(other).mode & 0o777).toBe(0o700);
  });

  it('is that of the file that is named, which is never made', () => {
    const path = join(stateDirectory, 'mine');
    expect(codeOf(path)).toBe('CONFIG_INVALID');
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, 'sixteen-letters-or-more\r\n', { mode: 0o600 });
    expect(codeOf(path)).toBe('sixteen-letters-or-more');
  });

  it.each([
    [0o600, 'a-secret-of-tests'],
    [0o400, 'a-secret-of-tests'],
    [0o640, 'a-secret-of-tests'],
    [0o644, 'SECRET_EXPOSED'],
    [0o604, 'SECRET_EXPOSED'],
    [0o602, 'SECRET_EXPOSED'],
    [0o660, 'SECRET_EXPOSED'],
    [0o620, 'SECRET_EXPOSED'],
  ])('of a file of mode %o is %s', (mode, expected) => {
    const path = join(stateDirectory, 'mine');
    writeFileSync(path, 'a-secret-of-tests\n');
    chmodSync(path, mode);
    expect(codeOf(path)).toBe(expected);
  });

  it.each([
    '',
    '\n',
    'too-short',
    'two lines\nof them are none',
    'with a blank between',
    `${'x'.repeat(513)}`,
    'quote"quote"quote"',
    'x'.repeat(70_000),
  ])('is not %j', (text) => {
    const path = join(stateDirectory, 'mine');
    writeFileSync(path, text, { mode: 0o600 });
    expect(codeOf(path)).toBe('CONFIG_INVALID');
  });

  it('is no directory, and in no place that is none', () => {
    mkdirSync(join(stateDirectory, 'folder'), { mode: 0o700 });
    expect(codeOf(join(stateDirectory, 'folder'))).toBe('CONFIG_INVALID');
    writeFileSync(join(stateDirectory, 'file'), '');
    expect(codeOf(join(stateDirectory, 'file', 'mine'))).toBe('READ_FAILED');
  });

  it('is never told', () => {
    const path = join(stateDirectory, 'mine');
    writeFileSync(path, 'hunter2hunter2 hunter2', { mode: 0o600 });
    try {
      openSharedSecret({ stateDirectory, secretFile: path });
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify(error) + String(error)).not.toContain('hunter2');
    }
  });
});
