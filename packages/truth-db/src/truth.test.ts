import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Clock, systemClock } from '@holdfast/base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addGateway, migrate, openTruth, readGatewaySnapshot, recordTrigger, type Truth } from './index.ts';
import { sqliteError } from './sqlite-error.ts';
import { failureOf } from './testing/failure-of.ts';
import { truthContract } from './truth-contract.ts';

truthContract('SQLite in memory', async () => openTruth('sqlite::memory:'));

const gateway = { name: 'gw', layout: 'shared-device', device: 'wg0' } as const;

describe('Truth on a file with two connections', () => {
  let directory: string;
  let url: string;
  let truth: Truth;
  const opened: Truth[] = [];

  function open(options: Parameters<typeof openTruth>[1] = {}): Truth {
    const another = openTruth(url, options);
    opened.push(another);
    return another;
  }

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-truth-'));
    url = `sqlite:${join(directory, 'truth.db')}`;
    truth = open();
    await migrate(truth);
  });

  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
    rmSync(directory, { recursive: true });
  });

  it('a snapshot keeps its state while another connection commits', async () => {
    await truth.transaction((trx) => addGateway(trx, gateway));
    const other = open();
    const counts = await truth.snapshot(async (trx) => {
      const count = async () => (await trx.selectFrom('policy_triggers').select('id').execute()).length;
      const before = await count();
      await other.transaction((writer) => recordTrigger(writer, { gateway: 'gw', reason: 'panel', at: 0 }));
      return [before, await count()];
    });
    expect(counts).toEqual([0, 0]);
    expect((await readGatewaySnapshot(truth, 'gw', 0))?.newestTrigger).toBe(1);
  });

  it('a snapshot is fixed at its beginning, not at its first query', async () => {
    const other = open();
    const found = await truth.snapshot(async (trx) => {
      await other.transaction((writer) => addGateway(writer, gateway));
      return trx.selectFrom('gateways').select('name').execute();
    });
    expect(found).toEqual([]);
  });

  it('a transaction that meets a busy database is tried again until the other has committed', async () => {
    const held = await holdWriter(open());
    let retries = 0;
    const other = open({
      clock: watched(async () => {
        retries += 1;
        await held.release();
      }),
    });
    await other.transaction((trx) => addGateway(trx, gateway));
    expect(retries).toBeGreaterThan(0);
  });

  it('a single statement that meets a busy database is tried again as well', async () => {
    await truth.transaction((trx) => addGateway(trx, gateway));
    const held = await holdWriter(open());
    const other = open({ clock: watched(() => held.release()) });
    await other.db.updateTable('gateways').set({ device: 'wg1' }).execute();
    expect((await readGatewaySnapshot(truth, 'gw', 0))?.gateway.device).toBe('wg1');
  });

  it('a transaction that fails with a busy snapshot runs again from its start', async () => {
    let runs = 0;
    await truth.transaction(async (trx) => {
      runs += 1;
      await addGateway(trx, gateway);
      if (runs === 1) throw busySnapshot(directory);
    });
    expect(runs).toBe(2);
    expect(await truth.db.selectFrom('gateways').select('name').execute()).toEqual([{ name: 'gw' }]);
  });

  it('a database that stays busy ends in DATABASE_BUSY after the budget, and reading goes on meanwhile', async () => {
    const held = await holdWriter(open());
    const other = open({ busyTimeoutMs: 20 });
    expect(await failureOf(other.transaction((trx) => addGateway(trx, gateway)))).toEqual({
      code: 'DATABASE_BUSY',
    });
    expect(await other.db.selectFrom('gateways').select('name').execute()).toEqual([]);
    await held.release();
  });

  it('a query past the open transaction is refused instead of waiting for itself', async () => {
    const past = (inner: () => Promise<unknown>) => failureOf(truth.transaction(inner));
    const internal = { code: 'INTERNAL' };
    expect(await past(() => truth.db.selectFrom('gateways').select('name').execute())).toEqual(internal);
    expect(await past(() => truth.transaction(async () => undefined))).toEqual(internal);
    expect(await past(() => truth.snapshot(async () => undefined))).toEqual(internal);
    expect(await past(() => truth.close())).toEqual(internal);
    expect(await truth.db.selectFrom('gateways').select('name').execute()).toEqual([]);
  });

  it('work that a transaction leaves behind may query after its end', async () => {
    const ended = Promise.withResolvers<void>();
    let left: Promise<unknown> = Promise.resolve();
    await truth.transaction(async () => {
      left = ended.promise.then(() => truth.db.selectFrom('gateways').select('name').execute());
    });
    ended.resolve();
    expect(await left).toEqual([]);
  });

  it('a stream that is left early frees the connection and its snapshot', async () => {
    await truth.transaction(async (trx) => {
      await addGateway(trx, gateway);
      await addGateway(trx, { ...gateway, name: 'gw2' });
    });
    for await (const row of truth.db.selectFrom('gateways').select('name').stream()) {
      expect(row.name).toBe('gw');
      break;
    }
    await truth.transaction((trx) => recordTrigger(trx, { gateway: 'gw', reason: 'panel', at: 0 }));
  });

  it('close waits for the transaction that is open, and is idempotent', async () => {
    const order: string[] = [];
    const begun = Promise.withResolvers<void>();
    const running = truth.transaction(async (trx) => {
      begun.resolve();
      await addGateway(trx, gateway);
      order.push('committed');
    });
    await begun.promise;
    await Promise.all([truth.close().then(() => order.push('closed')), truth.close()]);
    await running;
    expect(order).toEqual(['committed', 'closed']);
    await expect(truth.snapshot(async () => undefined)).rejects.toThrow();
  });
});

/** SQLITE_BUSY_SNAPSHOT as SQLite itself reports it: a deferred transaction that writes after somebody else did. */
function busySnapshot(directory: string): unknown {
  const file = join(directory, 'snapshot.db');
  using reader = new DatabaseSync(file);
  reader.exec('pragma journal_mode = wal; create table t (a integer); begin deferred');
  reader.prepare('select a from t').all();
  using writer = new DatabaseSync(file);
  writer.exec('insert into t values (1)');
  try {
    reader.exec('insert into t values (2)');
  } catch (error) {
    return sqliteError(error);
  }
  throw new Error('SQLite let a stale snapshot write');
}

/** A writing transaction that stays open until `release`. */
async function holdWriter(truth: Truth): Promise<{ release: () => Promise<void> }> {
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const running = truth.transaction(async () => {
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

/** The real clock, which tells of each pause between two tries. */
function watched(paused: () => Promise<void>): Clock {
  return {
    ...systemClock,
    sleep: async (ms) => {
      await paused();
      await systemClock.sleep(ms);
    },
  };
}
