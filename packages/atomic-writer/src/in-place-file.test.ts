/** Which files are overwritten where they are, and which are left to be replaced. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InPlaceFile } from './in-place-file.ts';

describe('a file that is overwritten in place', () => {
  let home: string;
  let path: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'holdfast-in-place-'));
    path = join(home, 'counter');
    writeFileSync(path, 'one', { mode: 0o600 });
  });
  afterEach(() => rmSync(home, { recursive: true }));

  it('is the same file with other bytes', () => {
    const { ino } = statSync(path);
    using file = InPlaceFile.open(path);
    expect(file?.read().toString()).toBe('one');
    expect(file?.overwrite(Buffer.from('two'))).toBe(true);
    expect(file?.read().toString()).toBe('two');
    expect([readFileSync(path, 'utf8'), statSync(path).ino]).toEqual(['two', ino]);
  });

  it.each(['three', 'no', ''])('keeps its bytes where there would be more or fewer: %j', (text) => {
    using file = InPlaceFile.open(path);
    expect(file?.overwrite(Buffer.from(text))).toBe(false);
    expect(readFileSync(path, 'utf8')).toBe('one');
  });

  it('has a page of bytes at the most', () => {
    writeFileSync(path, 'a'.repeat(4_096));
    using file = InPlaceFile.open(path);
    expect(file?.read()).toHaveLength(4_096);
    expect(file?.overwrite(Buffer.alloc(4_096, 'b'))).toBe(true);
    writeFileSync(path, 'a'.repeat(4_097));
    expect(InPlaceFile.open(path)).toBeUndefined();
  });

  it.each<readonly [string, () => void]>([
    ['is not there', () => rmSync(path)],
    ['others may read', () => chmodSync(path, 0o640)],
    ['has a second name', () => linkSync(path, join(home, 'evidence'))],
    [
      'is a link',
      () => {
        linkSync(path, join(home, 'target'));
        rmSync(path);
        symlinkSync('target', path);
      },
    ],
    [
      'is a directory',
      () => {
        rmSync(path);
        mkdirSync(path);
      },
    ],
    [
      'is a FIFO',
      () => {
        rmSync(path);
        spawnSync('mkfifo', ['-m', '600', path]);
      },
    ],
  ])('is none that %s', (_what, change) => {
    change();
    expect(InPlaceFile.open(path)).toBeUndefined();
  });

  it('closes what it has opened', () => {
    const openFiles = () => readdirSync('/proc/self/fd').length;
    const before = openFiles();
    for (let times = 0; times < 50; times += 1) {
      using file = InPlaceFile.open(path);
      file?.read();
      chmodSync(path, times % 2 === 0 ? 0o640 : 0o600);
    }
    expect(openFiles()).toBe(before);
  });
});
