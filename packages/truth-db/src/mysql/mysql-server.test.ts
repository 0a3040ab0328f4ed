/** What MariaDB does and SQLite cannot: transactions side by side, limits, accounts, rights. */

import { sql } from 'kysely';
import { createConnection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MariadbServer, startMariadbServer } from '../../../../tests/support/mariadb-server.ts';
import { emptyDatabase } from '../../../../tests/support/mariadb-truth.ts';
import { isMissing } from '../../../../tests/support/needs.ts';
import { engineSql } from '../engine-sql.ts';
import { addGateway, encodeTime, migrate, openTruth, type Truth, type TruthTransaction } from '../index.ts';
import { codeOf } from '../testing/code-of.ts';

const gateways = ['gw1', 'gw2'];

describe.skipIf(isMissing('mariadb'))('truth on a MariaDB server', () => {
  let server: MariadbServer;
  let url: string;
  let truth: Truth;
  const opened: Truth[] = [];

  function open(options = '', settings: Parameters<typeof openTruth>[1] = {}, from = url): Truth {
    const another = openTruth(`${from}${options}`, settings);
    opened.push(another);
    return another;
  }

  async function asAdmin(...statements: readonly string[]): Promise<void> {
    const connection = await createConnection(server.connection);
    for (const statement of statements) await connection.query(statement);
    await connection.end();
  }

  beforeAll(async () => {
    server = await startMariadbServer();
  });

  afterAll(() => server?.[Symbol.asyncDispose]());

  beforeEach(async () => {
    url = await emptyDatabase(server);
    truth = open();
    await migrate(truth);
    await truth.transaction(async (trx) => {
      for (const name of gateways) await addGateway(trx, { name, layout: 'shared-device', device: 'wg0' });
    });
  });

  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
  });

  const device = (trx: Pick<Truth['db'], 'selectFrom'>, name: string) =>
    trx.selectFrom('gateways').select('device').where('name', '=', name).executeTakeFirstOrThrow();
  const setDevice = (trx: TruthTransaction, name: string, value: string) =>
    trx.updateTable('gateways').set({ device: value }).where('name', '=', name).execute();

  it('two transactions that want the same rows crosswise both end, one of them run again', async () => {
    const both = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    let runs = 0;
    const crosswise = (own: 0 | 1) =>
      open().transaction(async (trx) => {
        runs += 1;
        await setDevice(trx, gateways[own] ?? '', `by${own}`);
        both[own].resolve();
        await both[1 - own]?.promise;
        await setDevice(trx, gateways[1 - own] ?? '', `by${own}`);
      });
    await Promise.all([crosswise(0), crosswise(1)]);
    expect(runs).toBe(3);
    expect((await device(truth.db, 'gw1')).device).toBe((await device(truth.db, 'gw2')).device);
  });

  it('a snapshot that meets a table which was changed since its beginning is taken again', async () => {
    const other = open();
    let runs = 0;
    const found = await truth.snapshot(async (trx) => {
      runs += 1;
      if (runs === 1) await sql`alter table gateways force`.execute(other.db); // builds it anew
      return device(trx, 'gw1');
    });
    expect({ found, runs }).toEqual({ found: { device: 'wg0' }, runs: 2 });
  });

  it('a row that another transaction keeps ends in DATABASE_BUSY after the budget, and reading goes on', async () => {
    const { release } = await hold(truth, (trx) => setDevice(trx, 'gw1', 'wg1'));
    const other = open('', { busyTimeoutMs: 50 });
    expect(await codeOf(other.transaction((trx) => setDevice(trx, 'gw1', 'wg2')))).toBe('DATABASE_BUSY');
    expect(await device(other.db, 'gw1')).toEqual({ device: 'wg0' });
    await release();
    await other.transaction((trx) => setDevice(trx, 'gw1', 'wg2'));
    expect(await device(other.db, 'gw1')).toEqual({ device: 'wg2' });
  });

  it('a statement that waits for a row gets it when the other transaction has committed', async () => {
    const { release } = await hold(truth, (trx) => setDevice(trx, 'gw1', 'wg1'));
    const waiting = open().db.updateTable('gateways').set({ device: 'wg2' }).execute();
    await release();
    await waiting;
    expect(await device(truth.db, 'gw1')).toEqual({ device: 'wg2' });
  });

  it('a row that was read for update is changed by nobody until the commit', async () => {
    const { release } = await hold(truth, async (trx) =>
      sql`select id from gateways where name = 'gw1' ${engineSql(trx).forUpdate}`.execute(trx),
    );
    const other = open('', { busyTimeoutMs: 0 });
    expect(await codeOf(other.transaction((trx) => setDevice(trx, 'gw1', 'wg2')))).toBe('DATABASE_BUSY');
    expect(await codeOf(other.transaction((trx) => setDevice(trx, 'gw2', 'wg2')))).toBe('none');
    await release();
  });

  it('a snapshot keeps its state from its beginning while others commit', async () => {
    const seen = await truth.snapshot(async (trx) => {
      await open().transaction((writer) => setDevice(writer, 'gw1', 'wg5'));
      return device(trx, 'gw1');
    });
    expect(seen).toEqual({ device: 'wg0' });
    expect(await device(truth.db, 'gw1')).toEqual({ device: 'wg5' });
  });

  it('a query past the open transaction is refused', async () => {
    const past = (inner: () => Promise<unknown>) => codeOf(truth.transaction(inner));
    expect(await past(() => truth.db.selectFrom('gateways').select('name').execute())).toBe('INTERNAL');
    expect(await past(() => truth.transaction(async () => undefined))).toBe('INTERNAL');
    expect(await past(() => truth.close())).toBe('INTERNAL');
  });

  it('a caller beyond the last connection waits for it, and is told when it does not come', async () => {
    const narrow = open('&pool=1', { busyTimeoutMs: 100 });
    const { release } = await hold(narrow, (trx) => setDevice(trx, 'gw1', 'wg1'));
    expect(await codeOf(narrow.db.selectFrom('gateways').select('id').execute())).toBe('DATABASE_BUSY');
    await release();
    expect(await codeOf(narrow.db.selectFrom('gateways').select('id').execute())).toBe('none');
  });

  it('close waits for the transaction that is open, and refuses what comes later', async () => {
    const { release } = await hold(truth, (trx) => setDevice(trx, 'gw1', 'wg1'));
    const closed = truth.close();
    await Promise.all([release(), closed, truth.close()]);
    expect(await device(open().db, 'gw1')).toEqual({ device: 'wg1' });
    await expect(truth.snapshot(async () => undefined)).rejects.toThrow();
  });

  it('a stream tells every row, and one that is left early frees its connection', async () => {
    const narrow = open('&pool=1');
    const names: string[] = [];
    for await (const row of narrow.db.selectFrom('gateways').select('name').orderBy('name').stream())
      names.push(row.name);
    expect(names).toEqual(gateways);
    for await (const _row of narrow.db.selectFrom('gateways').select('name').stream()) break;
    expect(await device(narrow.db, 'gw1')).toEqual({ device: 'wg0' });
  });

  it('a statement that takes longer than its limit is ended', async () => {
    const hasty = open('&statement-timeout=50ms', { busyTimeoutMs: 0 });
    expect(await codeOf(sql`select sleep(20)`.execute(hasty.db))).toBe('DATABASE_BUSY');
  });

  it('a connection that is ended by the server is replaced, inside and outside of a transaction', async () => {
    const narrow = open('&pool=1');
    const id = async () =>
      (await sql<{ id: number }>`select connection_id() as id`.execute(narrow.db)).rows[0]?.id;
    await asAdmin(`kill ${await id()}`);
    expect(await device(narrow.db, 'gw1')).toEqual({ device: 'wg0' });
    let runs = 0;
    await narrow.transaction(async (trx) => {
      runs += 1;
      await setDevice(trx, 'gw1', `wg${runs}`);
      if (runs === 1) {
        const { rows } = await sql<{ id: number }>`select connection_id() as id`.execute(trx);
        await asAdmin(`kill ${rows[0]?.id}`);
      }
    });
    expect(await device(truth.db, 'gw1')).toEqual({ device: 'wg2' });
  });

  it('is in UTC, strict and byte by byte, whatever the server is', async () => {
    const { rows } = await sql<Record<string, string>>`
      select @@time_zone as zone, @@sql_mode as mode, @@tx_isolation as isolation, 'a' = 'A' as folds, 'a' = 'a ' as pads`.execute(
      truth.db,
    );
    expect(rows[0]).toMatchObject({ zone: '+00:00', isolation: 'READ-COMMITTED', folds: 0, pads: 0 });
    expect(rows[0]?.mode).toMatch(/ANSI_QUOTES.*STRICT_ALL_TABLES.*NO_ZERO_DATE/);
  });

  it('gives sums, averages, counts and times as SQLite does', async () => {
    const at = encodeTime(Date.UTC(2026, 0, 10, 12, 0, 0, 7));
    await truth.db.updateTable('gateway_state').set({ last_run_at: at, last_took_ms: 3 }).execute();
    const { rows } = await sql`
      select sum(last_took_ms) as sum, avg(last_took_ms) as avg, count(*) as count, max(last_run_at) as newest,
             max(last_run_at) = ${at} as "isEqual", 'a' || 'b' as "joined"
      from gateway_state where last_run_at <= ${at}`.execute(truth.db);
    expect(rows).toEqual([{ sum: 6, avg: 3, count: 2, newest: at, isEqual: 1, joined: 'ab' }]);
  });

  it('a database that may only be read, an account without rights, and a wrong one are each told apart', async () => {
    await asAdmin(
      "create user writer@localhost identified by 'pass'",
      'grant all on *.* to writer@localhost',
      'revoke super, read_only admin on *.* from writer@localhost',
      "create user reader@localhost identified by 'pass'",
      'grant select on *.* to reader@localhost',
    );
    const as = (account: string) => open('', {}, url.replace('root@', `${account}@`));
    const write = (of: Truth) => codeOf(of.transaction((trx) => setDevice(trx, 'gw1', 'wg1')));
    expect(await write(as('writer:pass'))).toBe('none');
    expect(await write(as('reader:pass'))).toBe('DATABASE_ACCESS');
    expect(await write(as('writer:wrong'))).toBe('DATABASE_ACCESS');
    expect(await write(as('nobody'))).toBe('DATABASE_ACCESS');
    await asAdmin('set global read_only = 1');
    expect(await write(as('writer:pass'))).toBe('DATABASE_READ_ONLY');
    expect(await device(as('writer:pass').db, 'gw1')).toEqual({ device: 'wg1' });
    await asAdmin('set global read_only = 0', 'drop user writer@localhost', 'drop user reader@localhost');
  });

  it('a database that the server does not have is DATABASE_UNKNOWN', async () => {
    const absent = open('', {}, url.replace(/truth_\w+/, 'absent'));
    expect(await codeOf(migrate(absent))).toBe('DATABASE_UNKNOWN');
  });

  it('a text with quotes, backslashes, question marks and every plane comes back as it was', async () => {
    for (const text of [`'"\\?\\' or 1=1 --`, 'ñ 漢 🦊 \u0000 \n', '? ?? :a', ' trailing  ']) {
      await truth.db.insertInto('vpn_connections').values(labelled(text)).execute();
      const row = await truth.db
        .selectFrom('vpn_connections')
        .select('label')
        .where('label', '=', text)
        .executeTakeFirst();
      expect(row?.label).toBe(text);
    }
  });
});

let tokens = 0;

function labelled(label: string) {
  tokens += 1;
  const time = encodeTime(0);
  return {
    label,
    token: `token-${tokens}`,
    status: 'PREPROVISIONED' as const,
    created_at: time,
    unclaimed_grace_until: time,
    claim_deadline: time,
  };
}

/** A writing transaction that has done `work` and stays open until `release`. */
async function hold(
  truth: Truth,
  work: (trx: TruthTransaction) => Promise<unknown>,
): Promise<{ release: () => Promise<void> }> {
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const running = truth.transaction(async (trx) => {
    await work(trx);
    begun.resolve();
    await end.promise;
  });
  await begun.promise;
  return {
    release: async () => {
      end.resolve();
      await running;
    },
  };
}
