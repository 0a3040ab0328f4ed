import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isHoldfastError } from '@holdfast/base';
import { migrations } from '@holdfast/migrations';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate, openTruth, schemaStatus } from './index.ts';

describe('openTruth', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-open-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it.each([
    '',
    'truth.db',
    'sqlite:',
    'sqlite://truth.db',
    'sqlite:a\0b',
    'SQLITE:x',
    'mysql://root:hunter2@localhost',
    'mysql:/root:hunter2@localhost/db#x',
    'root:hunter2@localhost',
    'postgres://root:hunter2@localhost/db',
  ])('refuses the URL %j and repeats nothing of it', (url) => {
    const error = failure(() => openTruth(url));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(JSON.stringify([error.message, error.details, String(error.cause)])).not.toContain('hunter2');
  });

  it('creates the database and its journal private to the owner', async () => {
    const file = join(directory, 'truth.db');
    await using truth = openTruth(`sqlite:${file}`);
    await migrate(truth);
    for (const name of [file, `${file}-wal`, `${file}-shm`])
      expect(statSync(name).mode & 0o777, name).toBe(0o600);
  });

  it('opens a database with write-ahead log, foreign keys and full synchronisation', async () => {
    await using truth = openTruth(`sqlite:${join(directory, 'truth.db')}`);
    const pragma = async (name: string) =>
      Object.values((await sql.raw<object>(`pragma ${name}`).execute(truth.db)).rows[0] ?? {})[0];
    expect(await pragma('journal_mode')).toBe('wal');
    expect(await pragma('foreign_keys')).toBe(1);
    expect(await pragma('synchronous')).toBe(2);
    expect(await pragma('busy_timeout')).toBeLessThanOrEqual(50);
  });

  it('keeps what was committed for the next open', async () => {
    const url = `sqlite:${join(directory, 'truth.db')}`;
    {
      await using truth = openTruth(url);
      await migrate(truth);
    }
    await using again = openTruth(url);
    expect((await schemaStatus(again)).applied).toEqual(migrations.map(({ name }) => name));
  });

  it('a new database lacks every migration', async () => {
    await using truth = openTruth('sqlite::memory:');
    expect(await schemaStatus(truth)).toEqual({
      applied: [],
      pending: migrations.map(({ name }) => name),
      unknown: [],
    });
  });

  it('refuses a link, a dangling link and a directory', () => {
    const target = join(directory, 'target.db');
    symlinkSync(target, join(directory, 'link.db'));
    expect(failure(() => openTruth(`sqlite:${join(directory, 'link.db')}`)).code).toBe('TARGET_REFUSED');
    writeFileSync(target, '');
    expect(failure(() => openTruth(`sqlite:${join(directory, 'link.db')}`)).code).toBe('TARGET_REFUSED');
    mkdirSync(join(directory, 'sub'));
    expect(failure(() => openTruth(`sqlite:${join(directory, 'sub')}`)).code).toBe('TARGET_REFUSED');
  });

  it('reports a missing directory, a path through a file and a foreign file as unreachable, with their cause', () => {
    const foreign = join(directory, 'notes.txt');
    writeFileSync(foreign, 'no database at all, '.repeat(100));
    for (const path of [join(directory, 'absent', 'truth.db'), join(foreign, 'truth.db'), foreign]) {
      const error = failure(() => openTruth(`sqlite:${path}`));
      expect(error.code, path).toBe('DATABASE_UNREACHABLE');
      expect(error.cause, path).toBeInstanceOf(Error);
    }
  });
});

function failure(call: () => unknown) {
  try {
    call();
  } catch (error) {
    if (isHoldfastError(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
