import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../tests/support/temporary-directory.ts';
import { sqliteError } from './sqlite-error.ts';

describe('a failure of SQLite', () => {
  it('to write a database that was opened for reading is DATABASE_READ_ONLY', async () => {
    await using directory = await temporaryDirectory();
    const file = join(directory.path, 'read-only.db');
    {
      using writable = new DatabaseSync(file);
      writable.exec('create table t (a text)');
    }
    using database = new DatabaseSync(file, { readOnly: true });
    expect(codeOf(() => database.exec("insert into t values ('a')"))).toBe('DATABASE_READ_ONLY');
  });

  it('to grow is DATABASE_FULL, and nothing of the statement stays', () => {
    using database = new DatabaseSync(':memory:');
    database.exec('create table t (a blob); pragma max_page_count = 4');
    expect(codeOf(() => database.exec('insert into t values (1), (zeroblob(100000))'))).toBe('DATABASE_FULL');
    expect(database.prepare('select count(*) as n from t').get()?.n).toBe(0);
  });
});

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return sqliteError(error).code;
  }
  return 'none';
}
