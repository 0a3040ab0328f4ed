/** SQLite in a file on disk, flushed at each commit, by `@holdfast/truth-db` and by bare `node:sqlite`. */
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { migrate, openTruth } from '@holdfast/truth-db';
import type { Statement } from '../../truth/recorded-statements.ts';
import { scratchDirectory } from '../scratch-directory.ts';
import type { BareConnection, TruthEngine } from './truth-engine.ts';

export async function sqliteEngine(): Promise<TruthEngine> {
  const directory = scratchDirectory();
  const path = join(directory.path, 'truth.sqlite');
  const truth = openTruth(`sqlite:${path}`);
  await migrate(truth);
  return {
    name: 'SQLite',
    bareName: 'node:sqlite',
    truth,
    isConcurrent: false,
    openBare: async () => new BareSqlite(path),
    [Symbol.asyncDispose]: async () => {
      await truth.close();
      directory[Symbol.dispose]();
    },
  };
}

const begins: Readonly<Record<string, string>> = {
  begin: 'begin immediate',
  'begin read only': 'begin deferred',
};

class BareSqlite implements BareConnection {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(path: string) {
    this.#database = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: 5_000 });
    this.#database.exec('pragma synchronous = full');
  }

  run(statements: readonly Statement[]): void {
    for (const { sql, parameters } of statements) {
      this.#prepare(begins[sql] ?? sql).all(...(parameters as readonly SQLInputValue[]));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#database.close();
  }

  #prepare(sql: string): StatementSync {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }
}
