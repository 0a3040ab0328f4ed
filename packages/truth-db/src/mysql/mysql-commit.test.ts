/** What becomes of a transaction whose connection is lost, at every place where it can be lost. */
import { isHoldfastError } from '@holdfast/base';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MariadbServer, startMariadbServer } from '../../../../tests/support/mariadb-server.ts';
import { emptyDatabase } from '../../../../tests/support/mariadb-truth.ts';
import { type MysqlProxy, startMysqlProxy } from '../../../../tests/support/mysql-proxy.ts';
import { isMissing } from '../../../../tests/support/needs.ts';
import { addGateway, migrate, openTruth, type Truth } from '../index.ts';
import { codeOf } from '../testing/code-of.ts';

describe.skipIf(isMissing('mariadb'))('a transaction whose connection is lost', () => {
  let server: MariadbServer;
  let proxy: MysqlProxy;
  let truth: Truth;
  let direct: Truth;
  let runs: number;

  beforeAll(async () => {
    server = await startMariadbServer();
    proxy = await startMysqlProxy(server.socketPath);
  });

  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    const url = await emptyDatabase(server);
    direct = openTruth(url);
    await migrate(direct);
    truth = openTruth(
      url.replace(encodeURIComponent(server.socketPath), encodeURIComponent(proxy.socketPath)),
    );
    await truth.db.selectFrom('gateways').select('id').execute();
    runs = 0;
  });

  afterEach(async () => {
    proxy.refuse(false);
    await truth.close();
    await direct.close();
  });

  /** Adds a gateway of a new name each time it is run, so that running twice shows. */
  const change = () =>
    truth.transaction(async (trx) => {
      runs += 1;
      await addGateway(trx, { name: `gw${runs}`, layout: 'shared-device', device: 'wg0' });
      return runs;
    });
  const names = async () =>
    (await direct.db.selectFrom('gateways').select('name').execute()).map(({ name }) => name);

  it.each([
    ['start transaction', 'before', 1],
    ['start transaction', 'after', 1],
    ['commit', 'before', 1],
  ] as const)(
    'is run again when it was cut at "%s", %s the server had it or had answered, and is made once',
    async (statement, when, lostRuns) => {
      const cut = proxy.cutAt(statement, when);
      expect(await change()).toBe(lostRuns + 1);
      await cut;
      expect(await names()).toEqual([`gw${lostRuns + 1}`]);
    },
  );

  it('is not run again when the server had committed it', async () => {
    const cut = proxy.cutAt('commit', 'after');
    expect(await change()).toBe(1);
    await cut;
    expect(await names()).toEqual(['gw1']);
  });

  it('is looked up again and again on one connection, each by its own mark', async () => {
    for (let round = 1; round <= 3; round += 1) {
      expect(await change()).toBe(2 * round - 1);
      const cut = proxy.cutAt('commit', round % 2 === 0 ? 'before' : 'after');
      expect(await change()).toBe(round % 2 === 0 ? 2 * round + 1 : 2 * round);
      await cut;
      runs = 2 * round;
      await direct.db.deleteFrom('gateway_state').execute();
      await direct.db.deleteFrom('trigger_counters').execute();
      await direct.db.deleteFrom('gateways').execute();
    }
  });

  it('whose outcome nobody can tell any more says so, and is not run again', async () => {
    const short = openTruth(
      `mysql://root@localhost/${await databaseOf(direct)}?socket=${encodeURIComponent(proxy.socketPath)}`,
      {
        busyTimeoutMs: 100,
      },
    );
    await short.db.selectFrom('gateways').select('id').execute();
    const cut = proxy.cutAt('commit', 'after');
    void cut.then(() => undefined);
    const ended = short.transaction(async (trx) => {
      runs += 1;
      await addGateway(trx, { name: `gw${runs}`, layout: 'shared-device', device: 'wg0' });
      proxy.refuse(true);
    });
    expect(await codeOf(ended)).toBe('DATABASE_OUTCOME_UNKNOWN');
    expect(runs).toBe(1);
    await short.close();
  });

  it('at a single statement that writes has an unknown outcome; one that reads is asked again', async () => {
    await addGatewayTo(direct);
    const update = truth.db.updateTable('gateways').set({ device: 'wg9' });
    const text = "update `gateways` set `device` = 'wg9'";
    void proxy.cutAt(text, 'before');
    expect(await codeOf(update.execute())).toBe('DATABASE_OUTCOME_UNKNOWN');
    void proxy.cutAt('select `device` from `gateways`', 'before');
    expect(await truth.db.selectFrom('gateways').select('device').execute()).toEqual([{ device: 'wg0' }]);
  });

  it('leaves nothing of a database, an account or a statement in its error', async () => {
    proxy.refuse(true);
    const closed = openTruth(
      `mysql://root:hunter2@localhost/secretdb?socket=${encodeURIComponent(proxy.socketPath)}`,
    );
    const error = await closed.db
      .selectFrom('gateways')
      .selectAll()
      .where('name', '=', 'hunter3')
      .execute()
      .catch((thrown: unknown) => thrown);
    expect(isHoldfastError(error, 'DATABASE_UNREACHABLE')).toBe(true);
    expect(everythingIn(error)).not.toMatch(/hunter|secretdb|root/);
    await closed.close();
  });

  it('that was refused a row has no value of it in its error', async () => {
    await addGatewayTo(direct, 'hunter2');
    const again = truth.transaction((trx) =>
      trx
        .insertInto('gateways')
        .values({ name: 'hunter2', layout: 'shared-device', device: 'wg0', coa_port: null, coa_secret: null })
        .execute(),
    );
    const error = await again.catch((thrown: unknown) => thrown);
    expect(isHoldfastError(error, 'TRUTH_INVALID')).toBe(true);
    expect(everythingIn(error)).not.toContain('hunter2');
  });

  it('begins with its first statement and is marked with its first write, each in the same packet', async () => {
    await addGatewayTo(direct);
    await truth.db.selectFrom('gateways').select('id').execute();
    proxy.heard();
    await truth.transaction(async (trx) => {
      await trx.selectFrom('gateways').select('id').execute();
      await trx.updateTable('gateways').set({ device: 'wg1' }).execute();
      await trx.updateTable('gateways').set({ device: 'wg2' }).execute();
    });
    const packets = proxy.heard().filter((text) => !text.startsWith('select writer from commit_marks'));
    expect(packets.map((text) => text.split('; ').map((one) => one.trim().split(' ', 2).join(' ')))).toEqual([
      ['start transaction', 'select `id`'],
      ['insert into', 'update `gateways`'],
      ['update `gateways`'],
      ['commit'],
    ]);
  });

  it('without a statement is not begun', async () => {
    proxy.heard();
    await truth.transaction(async () => undefined);
    expect(proxy.heard()).toEqual([]);
  });

  it('whose first statement fails is one transaction all the same', async () => {
    await addGatewayTo(direct);
    proxy.heard();
    const error = truth.transaction(async (trx) => {
      const refused = addGateway(trx, { name: 'gw', layout: 'shared-device', device: 'wg0' });
      expect(await codeOf(refused)).toBe('TRUTH_INVALID');
      await trx.updateTable('gateways').set({ device: 'wg1' }).execute();
      throw new Error('changed its mind');
    });
    await expect(error).rejects.toThrow('changed its mind');
    // A second beginning would commit the mark of a transaction that is not over.
    expect(proxy.heard().filter((text) => text.startsWith('start transaction'))).toHaveLength(1);
    expect(await direct.db.selectFrom('gateways').select('device').execute()).toEqual([{ device: 'wg0' }]);
  });

  it('whose first write fails is marked by the next one', async () => {
    await addGatewayTo(direct);
    const cut = () => proxy.cutAt('commit', 'after');
    const ended = truth.transaction(async (trx) => {
      runs += 1;
      await codeOf(addGateway(trx, { name: 'gw', layout: 'shared-device', device: 'wg0' }));
      await trx
        .updateTable('gateways')
        .set({ device: `wg${runs}` })
        .execute();
      void cut();
    });
    await ended;
    expect(runs).toBe(1);
    expect(await direct.db.selectFrom('gateways').select('device').execute()).toEqual([{ device: 'wg1' }]);
  });

  it('forgets marks of a day ago once for each connection, and waits for nobody who is writing', async () => {
    await addGatewayTo(direct);
    const old = sql`utc_timestamp(3) - interval 2 day`;
    await sql`insert into commit_marks (writer, mark, marked_at) values ('gone', 1, ${old})`.execute(
      direct.db,
    );
    await direct.transaction(async (trx) => {
      await trx.updateTable('gateways').set({ device: 'wg1' }).execute();
      await change();
      const { rows } = await sql`select mark from commit_marks where writer = 'gone'`.execute(truth.db);
      expect(rows).toEqual([]);
    });
  });

  it('marks its last commit in one row of each connection', async () => {
    await change();
    await change();
    const rows = await direct.db.selectFrom('commit_marks').select('mark').execute();
    expect(rows.map(({ mark }) => mark)).toEqual([2]);
  });
});

async function addGatewayTo(truth: Truth, name = 'gw'): Promise<void> {
  await truth.transaction((trx) => addGateway(trx, { name, layout: 'shared-device', device: 'wg0' }));
}

async function databaseOf(truth: Truth): Promise<string> {
  const tables = await truth.db.introspection.getTables();
  return tables[0]?.schema ?? '';
}

/** All that a log could write of an error and its causes. */
function everythingIn(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const own = Object.getOwnPropertyNames(error).map((key) => [
    key,
    (error as unknown as Record<string, unknown>)[key],
  ]);
  return `${JSON.stringify(own.filter(([key]) => key !== 'cause' && key !== 'stack'))} ${error.stack} ${everythingIn(error.cause)}`;
}
