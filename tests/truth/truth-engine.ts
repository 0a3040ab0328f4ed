/** The engines that the tests of several processes run on: each test gets an empty database of its own. */
import { join } from 'node:path';
import { type MariadbServer, startMariadbServer } from '../support/mariadb-server.ts';
import { emptyDatabase } from '../support/mariadb-truth.ts';
import { isMissing } from '../support/needs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

export interface TruthEngine {
  readonly name: 'SQLite' | 'MariaDB';
  readonly isMissing: boolean;
  /** Before the first test. */
  start(): Promise<void>;
  /** URL of an empty database. */
  makeDatabase(): Promise<string>;
  /** After the last test. */
  end(): Promise<void>;
}

export const truthEngines: readonly TruthEngine[] = [sqliteEngine(), mariadbEngine()];

function sqliteEngine(): TruthEngine {
  const directories: AsyncDisposable[] = [];
  return {
    name: 'SQLite',
    isMissing: false,
    start: async () => undefined,
    makeDatabase: async () => {
      const directory = await temporaryDirectory();
      directories.push(directory);
      return `sqlite:${join(directory.path, 'truth.db')}`;
    },
    end: async () => {
      for (const directory of directories.splice(0)) await directory[Symbol.asyncDispose]();
    },
  };
}

function mariadbEngine(): TruthEngine {
  let server: MariadbServer | undefined;
  return {
    name: 'MariaDB',
    isMissing: isMissing('mariadb'),
    start: async () => {
      server = await startMariadbServer();
    },
    makeDatabase: async () => {
      if (server === undefined) throw new Error('the server was not started');
      return emptyDatabase(server);
    },
    end: async () => {
      await server?.[Symbol.asyncDispose]();
    },
  };
}
