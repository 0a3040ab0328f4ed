/** A MySQL lock that is held: its generation, its connection, and how its loss is noticed. */
import { createLockTable, mysqlLockName } from '@holdfast/lock-runner/mysql';
import type { Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../packages/lock-runner/src/testing/until.ts';
import { isMissing } from '../support/needs.ts';
import { spreading } from './mysql-rewrite.ts';
import { lockName, MysqlWorld, scope } from './mysql-world.ts';

const lost = { code: 'LOCK_LOST' };
const unfriendly = [
  '--autocommit=0',
  '--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES',
  '--transaction-isolation=SERIALIZABLE',
  '--innodb-lock-wait-timeout=1',
];

describe.skipIf(isMissing('mariadb'))('a mysql lock that is held', () => {
  let world: MysqlWorld;

  beforeAll(async () => {
    world = await MysqlWorld.start({ args: unfriendly });
  });
  afterAll(() => world?.[Symbol.asyncDispose]());
  afterEach(() => world.clear());

  const fenceOf = (runner = world.createRunner()) => runner.run(scope, {}, (held) => held.fence());
  const row = (column: string) =>
    world.ask(`SELECT ${column} FROM holdfast_locks WHERE name = '${lockName}'`);

  /** A runner, and the connections it has made. */
  function observed(leaseMs = 15_000) {
    const made: Connection[] = [];
    const connect = async () => {
      const connection = await world.open();
      made.push(connection);
      return connection;
    };
    return { runner: world.createRunner({ connect, leaseMs }), made };
  }

  /** The lock is gone, and nobody has said so. */
  const dropLock = (connection: Connection | undefined) =>
    connection?.query(`DO RELEASE_LOCK('${lockName}')`);

  describe('its generation', () => {
    it('is committed with the grant, whatever the server’s default is', async () => {
      await world.createRunner().run(scope, { purpose: '"it\'s" \\ 🔒' }, async (held) => {
        expect(await row('fence')).toEqual([await held.fence()]);
        expect(await row('purpose')).toEqual(['"it\'s" \\ 🔒']);
        expect(await row('scope')).toEqual([scope]);
        expect(await row('pid')).toEqual([process.pid]);
      });
    });

    it('grows when the server has forgotten it, as this host has seen it', async () => {
      const before = [await fenceOf(), await fenceOf()];
      await world.admin.query('DELETE FROM holdfast_locks');
      expect(await fenceOf()).toBeGreaterThan(Math.max(...before));
    });

    it('grows when this host has seen less than the server', async () => {
      await fenceOf();
      await world.admin.query('UPDATE holdfast_locks SET fence = 1000');
      expect(await fenceOf()).toBe(1_001);
    });

    it('comes from a table that was made before, too', async () => {
      await createLockTable(world.admin);
      await createLockTable(world.admin);
      expect(await fenceOf()).toBe(1);
    });

    it('guards a publish that never asked for it', async () => {
      const older = await world.createRunner({ process: 'one' }).acquire(scope);
      await world.admin.query(`KILL ${await world.owner()}`);
      await until(async () => (await world.owner()) === null);
      await world.createRunner({ process: 'two' }).run(scope, {}, (held) => held.publish(() => undefined));
      expect(() => older.publish(() => 'published')).toThrow(expect.objectContaining(lost));
      await older.release();
    });
  });

  describe('its connection', () => {
    it('is the one of the hold before, or another when that has ended', async () => {
      const runner = world.createRunner();
      const owners: unknown[] = [];
      const note = () => runner.run(scope, {}, async () => owners.push(await world.owner()));
      await note();
      await note();
      await world.admin.query(`KILL ${owners[1]}`);
      await note();
      expect(owners[1]).toBe(owners[0]);
      expect(owners[2]).not.toBe(owners[1]);
    });

    it('ends the hold at once when it is ended', async () => {
      const runner = world.createRunner({ leaseMs: 600_000 }); // no deadline will tell
      const held = await runner.acquire(scope);
      await world.admin.query(`KILL ${await world.owner()}`);
      await until(() => held.signal.aborted);
      expect(held.signal.reason).toMatchObject(lost);
      expect(() => held.publish(() => 'published')).toThrow(expect.objectContaining(lost));
      await expect(held.fence()).rejects.toMatchObject(lost);
      await held.release();
      await expect(runner.run(scope, { waitMs: 0 }, () => 'ran')).resolves.toBe('ran');
    });

    it('ends the hold when it lives on without the lock', async () => {
      const { runner, made } = observed(1_000);
      const held = await runner.acquire(scope);
      await dropLock(made[0]);
      await until(() => held.signal.aborted);
      expect(held.signal.reason).toMatchObject(lost);
      await held.release();
    });

    it('is given up when it turns out at the release that the lock was not ours', async () => {
      const { runner, made } = observed();
      const held = await runner.acquire(scope);
      await dropLock(made[0]);
      await held.release();
      expect(held.signal.reason).toMatchObject(lost);
      await runner.run(scope, {}, () => undefined);
      expect(made).toHaveLength(2);
    });

    it('is closed by the runner, which loses what is held', async () => {
      const runner = world.createRunner();
      await runner.run(`${scope}:2`, {}, () => undefined);
      const held = await runner.acquire(scope);
      await runner.close();
      expect(held.signal.reason).toMatchObject(lost);
      await until(async () => (await world.connections()).length === 0);
      await held.release();
    });

    it('is closed by the server a moment after the deadline when it says nothing', async () => {
      const { runner, made } = observed(1_000);
      await runner.run(scope, {}, () => undefined);
      expect(await world.ask('SELECT @@SESSION.wait_timeout', made[0])).toEqual([6]);
    });

    it('is never one of several that a proxy shares', async () => {
      const connect = async () => spreading([await world.open(), await world.open()]);
      const refused = world.createRunner({ connect }).run(scope, {}, () => 'ran');
      await expect(refused).rejects.toMatchObject({
        code: 'LOCK_SERVER',
        details: { reason: 'connection shared' },
      });
    });
  });

  describe('its name', () => {
    it('has at most 64 characters in one case, and tells scopes and databases apart', () => {
      const names = ['a', 'A', 'x'.repeat(4_096)].map((text) => mysqlLockName('holdfast', text));
      names.push(mysqlLockName('other', 'a'));
      for (const name of names) expect(name).toMatch(/^[a-z0-9:]{1,64}$/);
      expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
      expect(mysqlLockName('HoldFast', 'a')).toBe(names[0]);
    });

    it('lets scopes that differ in case be held at once', async () => {
      const runner = world.createRunner();
      const inner = () => world.createRunner().run(scope, { waitMs: 0 }, () => 'ran');
      await expect(runner.run(scope.toUpperCase(), {}, inner)).resolves.toBe('ran');
    });
  });
});
