/** Servers on which no MySQL lock can be had: each failure has its code and reason, and none tells a password. */
import { inspect } from 'node:util';
import { LockRunner } from '@holdfast/lock-runner';
import { type MysqlBackendOptions, mysqlBackend } from '@holdfast/lock-runner/mysql';
import { createConnection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../packages/lock-runner/src/testing/until.ts';
import { isMissing } from '../support/needs.ts';
import { rewriting } from './mysql-rewrite.ts';
import { lockName, MysqlWorld, scope } from './mysql-world.ts';

const password = 'do-not-tell';

describe.skipIf(isMissing('mariadb'))('a server that gives no mysql lock', () => {
  let world: MysqlWorld;

  beforeAll(async () => {
    world = await MysqlWorld.start({ args: ['--max-connections=10'], hasPort: true });
    await world.admin.query(`CREATE USER small@localhost IDENTIFIED BY '${password}'`);
    await world.admin.query('GRANT SELECT, INSERT, UPDATE ON holdfast.* TO small@localhost');
  });
  afterAll(() => world?.[Symbol.asyncDispose]());
  afterEach(async () => {
    await world.admin.query('SET GLOBAL read_only = 0');
    await world.clear();
  });

  const small = () => ({ ...world.server.connection, user: 'small', password });

  /** What taking the lock with these options ends with. */
  async function refusal(options: MysqlBackendOptions): Promise<unknown> {
    const runner = new LockRunner({ directory: world.directory, backend: mysqlBackend(options) });
    try {
      return await runner.run(scope, { waitMs: 0 }, () => 'ran');
    } catch (error) {
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(password);
      return error;
    } finally {
      await runner.close();
    }
  }

  const serverSays = (reason: string) => ({ code: 'LOCK_SERVER', details: { reason } });

  it('because the account is wrong', async () => {
    const connection = { ...small(), password: `${password}!` };
    expect(await refusal({ connection })).toMatchObject(serverSays('ER_ACCESS_DENIED_ERROR'));
  });

  it('because nobody listens', async () => {
    const connection = { ...small(), socketPath: '/nonexistent/socket' };
    expect(await refusal({ connection })).toMatchObject(serverSays('ENOENT'));
    expect(await refusal({ connection: `mysql://small:${password}@127.0.0.1:1/holdfast` })).toMatchObject(
      serverSays('ECONNREFUSED'),
    );
  });

  it('because there is no such database', async () => {
    const connection = { ...world.server.connection, database: 'nowhere' };
    expect(await refusal({ connection })).toMatchObject(serverSays('ER_BAD_DB_ERROR'));
  });

  it('because it has no connection left', async () => {
    const filling = async () => {
      for (;;) await world.open();
    };
    await expect(filling()).rejects.toMatchObject({ code: 'ER_CON_COUNT_ERROR' });
    expect(await refusal({ connection: small() })).toMatchObject(serverSays('ER_CON_COUNT_ERROR'));
  });

  it('because it is read-only', async () => {
    await world.createRunner().run(scope, {}, () => undefined);
    await world.admin.query('SET GLOBAL read_only = 1');
    expect(await refusal({ connection: small() })).toMatchObject(serverSays('ER_OPTION_PREVENTS_STATEMENT'));
    await until(async () => (await world.owner()) === null);
  });

  it('because the table is missing and the account may not make it', async () => {
    expect(await refusal({ connection: small() })).toMatchObject(serverSays('ER_TABLEACCESS_DENIED_ERROR'));
    await until(async () => (await world.owner()) === null);
    await world.createRunner().run(scope, {}, () => undefined);
    expect(await refusal({ connection: small() })).toBe('ran');
  });

  it('because the table is another one', async () => {
    await world.admin.query('CREATE TABLE holdfast_locks (name INT)');
    expect(await refusal({ connection: small() })).toMatchObject(serverSays('ER_BAD_FIELD_ERROR'));
  });

  it('because it sees a circle', async () => {
    const [ours, theirs] = [await world.open(), await world.open()];
    await world.ask("SELECT GET_LOCK('another', 0)", ours); // the connection was not empty
    await world.ask(`SELECT GET_LOCK('${lockName}', 0)`, theirs);
    const waiting = world.ask("SELECT GET_LOCK('another', 10)", theirs);
    await until(async () => (await world.waiting()).length === 1);
    const runner = world.createRunner({ connect: async () => ours });
    await expect(runner.run(scope, {}, () => 'ran')).rejects.toMatchObject({ code: 'LOCK_CYCLE' });
    expect(await waiting).toEqual([1]);
  });

  it('because it is a node of a Galera cluster, unless that is accepted', async () => {
    const connect = async () => {
      const connection = await createConnection(world.server.connection);
      return rewriting(connection, (sql) => sql.replace(/^SHOW VARIABLES.*/, "SELECT 'wsrep_on', 'ON'"));
    };
    const connection = { name: 'cluster', connect };
    expect(await refusal({ connection })).toMatchObject({ code: 'LOCK_UNSUPPORTED' });
    expect(await refusal({ connection, acceptCluster: true })).toBe('ran');
  });

  it('gives one to a URL', async () => {
    const connection = `mysql://root@127.0.0.1:${world.server.port}/holdfast`;
    await world.admin.query("CREATE USER IF NOT EXISTS root@'127.0.0.1'");
    await world.admin.query("GRANT ALL ON *.* TO root@'127.0.0.1'");
    expect(await refusal({ connection })).toBe('ran');
  });

  it('is refused before it is asked when the options are none', async () => {
    const connection = world.server.connection;
    for (const leaseMs of [0, 999, 1_500.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => mysqlBackend({ connection, leaseMs })).toThrow(
        expect.objectContaining({ code: 'DURATION_INVALID' }),
      );
    }
    for (const url of [
      `mysql//${password}`,
      `postgres://u:${password}@h/d`,
      `mysql://u:${password}@[bad/d`,
      '',
    ]) {
      const refused = expect.objectContaining({ code: 'CONFIG_INVALID' });
      expect(() => mysqlBackend({ connection: url })).toThrow(refused);
      expect(() => mysqlBackend({ connection: url })).not.toThrow(password);
    }
    const { database: _none, ...nowhere } = connection;
    expect(await refusal({ connection: nowhere })).toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
