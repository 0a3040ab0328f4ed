/** The mysql backend and the directory that keeps the generations of this host. */
import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MariadbServer, startMariadbServer } from '../../../../tests/support/mariadb-server.ts';
import { isMissing } from '../../../../tests/support/needs.ts';
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from '../../../../tests/support/temporary-directory.ts';
import { lockFileName } from '../lock-name.ts';
import { LockRunner } from '../lock-runner.ts';
import { mysqlBackend, mysqlLockName } from '../mysql.ts';

const scope = 'policy:gw1';

describe.skipIf(isMissing('mariadb'))('the lock directory of a mysql lock', () => {
  let server: MariadbServer;
  let outside: Connection;
  let base: TemporaryDirectory;
  let directory: string;
  let runner: LockRunner;

  beforeAll(async () => {
    server = await startMariadbServer();
    outside = await createConnection(server.connection);
  });

  afterAll(async () => {
    await outside?.end();
    await server?.[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    base = await temporaryDirectory();
    directory = join(base.path, 'locks');
    runner = new LockRunner({ directory, backend: mysqlBackend({ connection: server.connection }) });
  });

  afterEach(async () => {
    await runner.close();
    await base[Symbol.asyncDispose]();
  });

  /** Takes and frees the lock as somebody else; 0 when it is not free within a moment. */
  async function taken(): Promise<unknown> {
    const name = mysqlLockName(server.connection.database, scope);
    const [rows] = await outside.query({ sql: `SELECT GET_LOCK('${name}', 2)`, rowsAsArray: true });
    await outside.query(`DO RELEASE_LOCK('${name}')`);
    return (rows as unknown as unknown[][])[0]?.[0];
  }

  it('is made for this user alone', async () => {
    await runner.run(scope, {}, () => expect(statSync(directory).mode & 0o777).toBe(0o700));
  });

  it('that is a link is refused, and no connection is made', async () => {
    symlinkSync(base.path, directory);
    const [before] = await outside.query("SHOW STATUS LIKE 'Connections'");
    await expect(runner.run(scope, {}, () => 'ran')).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
    const [after] = await outside.query("SHOW STATUS LIKE 'Connections'");
    expect(after).toEqual(before);
  });

  it('with a damaged generation is refused, and the lock is free', async () => {
    await runner.run(scope, {}, () => undefined);
    writeFileSync(join(directory, lockFileName(scope).replace('.lock', '.fence')), 'much\n');
    await expect(runner.run(scope, {}, () => 'ran')).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
    expect(await taken()).toBe(1);
  });
});
