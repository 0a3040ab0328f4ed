/** What the mysql backend tells of others, whatever they have written to the server. */
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MariadbServer, startMariadbServer } from '../../../../tests/support/mariadb-server.ts';
import { isMissing } from '../../../../tests/support/needs.ts';
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from '../../../../tests/support/temporary-directory.ts';
import { LockRunner } from '../lock-runner.ts';
import { mysqlBackend } from '../mysql.ts';

const scope = 'policy:gw1';

describe.skipIf(isMissing('mariadb'))('who on a MariaDB server', () => {
  let server: MariadbServer;
  let base: TemporaryDirectory;
  let runner: LockRunner;

  beforeAll(async () => {
    [server, base] = await Promise.all([startMariadbServer(), temporaryDirectory()]);
    const backend = mysqlBackend({ connection: server.connection });
    runner = new LockRunner({ directory: base.path, backend });
  });

  afterAll(async () => {
    await runner?.close();
    await server?.[Symbol.asyncDispose]();
    await base?.[Symbol.asyncDispose]();
  });

  it('shows nothing of a holder that could move a cursor', async () => {
    const outside = await createConnection(server.connection);
    await runner.run(scope, { purpose: 'copy' }, async () => {
      await outside.query("UPDATE holdfast_locks SET host = 'a\u001b[2Jb', purpose = '\u202eevil\n'");
      const tame = { pid: process.pid, host: 'a?[2Jb', purpose: '?evil?' };
      expect((await runner.who(scope)).holder).toMatchObject(tame);
    });
    await outside.end();
  });
});
