/** What can be told of a database from outside. */
import {
  appendFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileStamp } from './file-stamp.ts';

describe('the stamp of a database file', () => {
  let directory: string;
  let path: string;
  const late = () => Date.now() + 60_000;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-'));
    path = join(directory, 'truth.sqlite');
    writeFileSync(path, 'one');
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  it('is the same as long as nothing is written', () => {
    expect(fileStamp(path, late())).toEqual(fileStamp(path, late()));
  });

  it.each([
    ['the file grows', () => appendFileSync(path, 'x')],
    ['its time changes', () => utimesSync(path, 1, 1)],
    ['its log appears', () => writeFileSync(`${path}-wal`, 'x')],
    ['it is gone', () => rmSync(path)],
  ])('differs when %s', (_what, change) => {
    const before = fileStamp(path, late()).text;
    change();
    expect(fileStamp(path, late()).text).not.toBe(before);
  });

  it('differs when the log is written anew with the same length', () => {
    writeFileSync(`${path}-wal`, 'one');
    utimesSync(`${path}-wal`, 1, 1);
    const before = fileStamp(path, late()).text;
    writeFileSync(`${path}-wal`, 'two');
    expect(fileStamp(path, late()).text).not.toBe(before);
  });

  it('has another identity when another file takes the place, and the same when it is written', () => {
    const { identity } = fileStamp(path, late());
    appendFileSync(path, 'x');
    expect(fileStamp(path, late()).identity).toBe(identity);
    writeFileSync(`${path}.backup`, 'one');
    renameSync(`${path}.backup`, path);
    expect(fileStamp(path, late()).identity).not.toBe(identity);
  });

  it('has no identity when there is no file', () => {
    expect(fileStamp(join(directory, 'nowhere'), late()).identity).toBeUndefined();
  });

  it('is not settled so soon after a change that another one could leave the same time', () => {
    const { mtimeMs } = statSync(path);
    expect(fileStamp(path, mtimeMs + 10).isSettled).toBe(false);
    expect(fileStamp(path, mtimeMs - 10_000).isSettled).toBe(false); // a clock that was set back
    expect(fileStamp(path, mtimeMs + 1_000).isSettled).toBe(true);
  });
});
