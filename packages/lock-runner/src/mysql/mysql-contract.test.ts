/** The mysql backend against the contract, on a private MariaDB; a second connection stands for another process. */
import type { Connection } from 'mysql2/promise';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe } from 'vitest';
import { type MariadbServer, startMariadbServer } from '../../../../tests/support/mariadb-server.ts';
import { isMissing } from '../../../../tests/support/needs.ts';
import { randomRuns } from '../../../../tests/support/random-runs.ts';
import { mysqlBackend, mysqlLockName } from '../mysql.ts';
import { describeLockBackend } from '../testing/lock-contract.ts';

describe.skipIf(isMissing('mariadb'))('on a private server', () => {
  let server: MariadbServer;
  let outside: Connection;

  beforeAll(async () => {
    // Each random history leaves two runners open, and each of those two connections for a moment.
    server = await startMariadbServer({ args: ['--max-connections=600'] });
    outside = await createConnection(server.connection);
  });

  afterAll(async () => {
    await outside?.end();
    await server?.[Symbol.asyncDispose]();
  });

  describeLockBackend({
    backend: 'mysql',
    choice: (context) => mysqlBackend({ connection: server.connection })(context),
    modes: ['exclusive'],
    missesDirectory: true,
    randomRuns: randomRuns(40),
    takeFromOutside: async (_directory, scope) => {
      const name = mysqlLockName(server.connection.database, scope);
      const ask = async (what: string) => {
        const [rows] = await outside.query({ sql: `SELECT ${what}`, rowsAsArray: true });
        return (rows as unknown as number[][])[0]?.[0];
      };
      if ((await ask(`GET_LOCK('${name}', 0)`)) !== 1) return undefined;
      return {
        giveBack: async () => {
          await ask(`RELEASE_LOCK('${name}')`);
        },
      };
    },
  });
});
