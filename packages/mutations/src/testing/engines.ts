/**
 * The engines that a contract is run on. Each test of SQLite gets a database of its own; those of a server share one, which
 * is emptied between them: to migrate it takes as long there as a whole test.
 */
import { openTruth, type Truth } from '@holdfast/truth-db';
import { afterAll, beforeAll, describe } from 'vitest';
import { type MariadbServer, startMariadbServer } from '../../../../tests/support/mariadb-server.ts';
import { emptyDatabase } from '../../../../tests/support/mariadb-truth.ts';
import { isMissing } from '../../../../tests/support/needs.ts';
import { temporaryDirectory } from '../../../../tests/support/temporary-directory.ts';

export interface TestDatabase extends AsyncDisposable {
  /** As another process would: a connection of its own. */
  open(): Truth;
  /** Whether a test before this one has left its tables. */
  readonly isUsed: boolean;
}

export type MakeDatabase = () => Promise<TestDatabase>;

/** In a file, for tests that open it twice. */
export const sqliteFile: MakeDatabase = async () => {
  const directory = await temporaryDirectory();
  return databaseAt(`sqlite:${directory.path}/truth.db`, { place: directory });
};

/** For everything else: it costs no flush. */
export const sqliteMemory: MakeDatabase = async () => databaseAt('sqlite::memory:');

/** Runs `contracts` on a private server, where there is one. */
export function describeOnMariadb(contracts: (make: MakeDatabase) => void): void {
  describe.skipIf(isMissing('mariadb'))('on a private server', () => {
    let server: MariadbServer;
    beforeAll(async () => {
      server = await startMariadbServer();
    });
    afterAll(() => server?.[Symbol.asyncDispose]());
    let url: string | undefined;
    contracts(async () => {
      const isUsed = url !== undefined;
      url ??= await emptyDatabase(server);
      return databaseAt(url, { isUsed });
    });
  });
}

function databaseAt(
  url: string,
  { place, isUsed = false }: { readonly place?: AsyncDisposable; readonly isUsed?: boolean } = {},
): TestDatabase {
  const opened: Truth[] = [];
  return {
    isUsed,
    open: () => {
      const truth = openTruth(url, { busyTimeoutMs: 30_000 });
      opened.push(truth);
      return truth;
    },
    [Symbol.asyncDispose]: async () => {
      for (const truth of opened) await truth.close();
      await place?.[Symbol.asyncDispose]();
    },
  };
}
