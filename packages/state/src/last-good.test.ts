/** The last good generation where links are refused, and evidence that is already gone. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepLastGood, lastGoodPath, setAside } from './last-good.ts';

describe('last good generation', () => {
  let directory: string;
  let path: string;
  const writer = new AtomicWriter({ durability: 'none' });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-last-good-'));
    path = join(directory, 'doc');
    writeFileSync(path, 'new');
    writeFileSync(lastGoodPath(path), 'old');
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  it('is a second name of the current file', () => {
    keepLastGood(path, Buffer.from('new'), writer);
    expect(statSync(lastGoodPath(path)).ino).toBe(statSync(path).ino);
  });

  it('is a copy where the file system refuses links', () => {
    const link = () => {
      throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
    };
    keepLastGood(path, Buffer.from('new'), writer, link);
    expect(readFileSync(lastGoodPath(path), 'utf8')).toBe('new');
    expect(statSync(lastGoodPath(path)).ino).not.toBe(statSync(path).ino);
  });

  it('an error that has nothing to do with links is passed on', () => {
    const cause = Object.assign(new Error('EIO'), { code: 'EIO' });
    const link = () => {
      throw cause;
    };
    expect(() => keepLastGood(path, Buffer.from('new'), writer, link)).toThrow(cause);
  });

  it('moving a missing file aside is fine', () => {
    setAside(join(directory, 'none'), 1);
    expect(readdirSync(directory).sort()).toEqual(['doc', 'doc.last-good']);
  });
});
