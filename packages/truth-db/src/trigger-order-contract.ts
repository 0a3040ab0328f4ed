/**
 * Triggers in the order of commits, and what becomes of them, on every database. That a transaction waits is shown by
 * what others see, not by time.
 */
import { describe, expect, it } from 'vitest';
import { engineSql } from './engine-sql.ts';
import {
  pruneTriggers,
  publishRun,
  readGatewaySnapshot,
  recordTrigger,
  recordTriggers,
  setRate,
  type Truth,
} from './index.ts';
import { failureOf } from './testing/failure-of.ts';
import { type MakeDatabase, now, type SessionWorld } from './testing/session-world.ts';
import { useSessionWorld } from './testing/use-session-world.ts';

export function triggerOrderContract(name: string, make: MakeDatabase): void {
  describe(`${name}: triggers`, () => {
    const world = useSessionWorld(make);

    describe('of transactions that commit crosswise', () => crosswise(world));
    describe('of several gateways', () => severalGateways(world));
    describe('that runs have covered', () => pruning(world));
  });
}

/** A transaction in steps that the test lets go one by one. */
function stepwise(truth: Truth, id: number, kbit: number) {
  const changed = Promise.withResolvers<void>();
  const mayRecord = Promise.withResolvers<void>();
  const recorded = Promise.withResolvers<number>();
  const mayCommit = Promise.withResolvers<void>();
  const committed = truth.transaction(async (trx) => {
    await setRate(trx, id, { downKbit: kbit, upKbit: null });
    changed.resolve();
    await mayRecord.promise;
    const trigger = await recordTrigger(trx, {
      gateway: 'gw',
      reason: 'panel',
      vpnConnectionId: id,
      at: now,
    });
    recorded.resolve(trigger);
    await mayCommit.promise;
    return trigger;
  });
  committed.catch(() => undefined);
  return { changed, mayRecord, recorded, mayCommit, committed };
}

interface Seen {
  readonly newest: number;
  readonly triggers: readonly number[];
  /** Rates of the changed connections that are visible. */
  readonly rates: readonly (number | null)[];
}

/** What a run sees that reads now: it would claim to cover everything up to `newest`. */
async function readAsRun(truth: Truth): Promise<Seen> {
  return truth.snapshot(async (trx) => {
    const counter = await trx
      .selectFrom('trigger_counters')
      .select('last_id')
      .where('gateway', '=', 'gw')
      .executeTakeFirstOrThrow();
    const triggers = await trx
      .selectFrom('policy_triggers')
      .select('id')
      .where('gateway', '=', 'gw')
      .execute();
    const rates = await trx.selectFrom('vpn_connections').select('down_kbit').orderBy('id').execute();
    return {
      newest: counter.last_id,
      triggers: triggers.map(({ id }) => id).toSorted((one, other) => one - other),
      rates: rates.map((row) => row.down_kbit),
    };
  });
}

function crosswise(world: () => SessionWorld): void {
  it('lose none: whoever began first and commits last has the higher id, and a reader between sees no gap', async () => {
    const w = world();
    const [a, b] = [await w.connection(), await w.connection()];
    const [firstTruth, secondTruth, reader] = [w.open(), w.open(), w.open()];
    const first = stepwise(firstTruth, a, 1);
    await first.changed.promise;
    const second = stepwise(secondTruth, b, 2);
    second.mayRecord.resolve();
    second.mayCommit.resolve();
    // With row locks the second one overtakes the first here; else writers exclude each other from their beginning.
    const overtook = engineSql(w.truth.db).hasRowLocks;
    if (overtook) await second.committed;
    const between = await readAsRun(reader);
    first.mayRecord.resolve();
    first.mayCommit.resolve();
    const ids = { first: await first.committed, second: await second.committed };
    expect(between.triggers).toHaveLength(between.newest);
    expect(between.rates).toEqual(overtook ? [null, 2] : [null, null]);
    expect(ids).toEqual(overtook ? { first: 2, second: 1 } : { first: 1, second: 2 });
    expect(await readAsRun(reader)).toEqual({ newest: 2, triggers: [1, 2], rates: [1, 2] });
  });

  it('lose none when both have changed and the first has its id but has not committed', async () => {
    const w = world();
    const [a, b] = [await w.connection(), await w.connection()];
    const [firstTruth, secondTruth, reader] = [w.open(), w.open(), w.open()];
    const first = stepwise(firstTruth, a, 1);
    first.mayRecord.resolve();
    expect(await first.recorded.promise).toBe(1);
    const second = stepwise(secondTruth, b, 2);
    second.mayRecord.resolve();
    second.mayCommit.resolve();
    // The second one can have no id now: a reader would claim to cover 2 without having seen the change of 1.
    for (let reads = 0; reads < 20; reads += 1) {
      expect(await readAsRun(reader)).toEqual({ newest: 0, triggers: [], rates: [null, null] });
    }
    first.mayCommit.resolve();
    expect(await first.committed).toBe(1);
    expect(await second.committed).toBe(2);
    expect(await readAsRun(reader)).toEqual({ newest: 2, triggers: [1, 2], rates: [1, 2] });
  });

  it('give the id of one that is rolled back to the next, and no reader has seen it', async () => {
    const w = world();
    const [a, b] = [await w.connection(), await w.connection()];
    const [firstTruth, secondTruth, reader] = [w.open(), w.open(), w.open()];
    const first = stepwise(firstTruth, a, 1);
    first.mayRecord.resolve();
    await first.recorded.promise;
    const second = stepwise(secondTruth, b, 2);
    second.mayRecord.resolve();
    second.mayCommit.resolve();
    first.mayCommit.reject(new Error('stop'));
    await expect(first.committed).rejects.toThrow('stop');
    expect(await second.committed).toBe(1);
    expect(await readAsRun(reader)).toEqual({ newest: 1, triggers: [1], rates: [null, 2] });
  });
}

function severalGateways(world: () => SessionWorld): void {
  it('have consecutive ids in each, in the order in which they were given', async () => {
    const w = world();
    const trigger = (gateway: string, reason: string) => ({ gateway, reason, at: now });
    const recorded = await w.truth.transaction((trx) =>
      recordTriggers(trx, [trigger('gw2', 'a'), trigger('gw', 'b'), trigger('gw2', 'c')]),
    );
    expect(recorded).toEqual([
      { gateway: 'gw', id: 1 },
      { gateway: 'gw2', id: 1 },
      { gateway: 'gw2', id: 2 },
    ]);
    expect(await w.triggers()).toEqual(['gw:b', 'gw2:a', 'gw2:c']);
    expect((await readGatewaySnapshot(w.truth, 'gw2', now))?.newestTrigger).toBe(2);
  });

  it('are recorded in any number, and none of no gateway', async () => {
    const w = world();
    const many = Array.from({ length: 1_203 }, () => ({ gateway: 'gw', reason: 'x', at: now }));
    const recorded = await w.truth.transaction((trx) => recordTriggers(trx, many));
    expect(recorded.map(({ id }) => id)).toEqual(many.map((_trigger, index) => index + 1));
    expect(await w.truth.transaction((trx) => recordTriggers(trx, []))).toEqual([]);
    const unknown = w.truth.transaction((trx) =>
      recordTriggers(trx, [
        many[0] ?? { gateway: 'gw', reason: 'x', at: now },
        { gateway: 'no', reason: 'x', at: now },
      ]),
    );
    expect(await failureOf(unknown)).toEqual({ code: 'CONFIG_INVALID' });
    expect(await w.triggers()).toHaveLength(many.length);
  });

  it('do not deadlock two transactions that name them in opposite order', async () => {
    const w = world();
    const rounds = 20;
    const record = async (truth: Truth, gateways: readonly string[]) => {
      for (let round = 0; round < rounds; round += 1) {
        await truth.transaction((trx) =>
          recordTriggers(
            trx,
            gateways.map((gateway) => ({ gateway, reason: 'x', at: now })),
          ),
        );
      }
    };
    const [one, other] = [w.open(), w.open()];
    await Promise.all([record(one, ['gw', 'gw2']), record(other, ['gw2', 'gw'])]);
    expect(await w.triggers()).toHaveLength(4 * rounds);
  });
}

function pruning(world: () => SessionWorld): void {
  const record = (w: SessionWorld, count: number, gateway = 'gw') =>
    w.truth.transaction((trx) =>
      recordTriggers(
        trx,
        Array.from({ length: count }, () => ({ gateway, reason: 'x', at: now })),
      ),
    );
  const cover = (w: SessionWorld, covered: number) =>
    publishRun(w.truth, { gateway: 'gw', covered, outcome: 'applied', digest: 'd', at: now, tookMs: 1 });
  const idsOf = async (w: SessionWorld, gateway = 'gw') => {
    const rows = await w.truth.db
      .selectFrom('policy_triggers')
      .select('id')
      .where('gateway', '=', gateway)
      .orderBy('id')
      .execute();
    return rows.map(({ id }) => id);
  };

  it('are forgotten but for the newest; one that no run has covered stays', async () => {
    const w = world();
    await record(w, 10);
    await record(w, 10, 'gw2');
    expect(await pruneTriggers(w.truth, 'gw', { keep: 0 })).toBe(0);
    await cover(w, 8);
    expect(await pruneTriggers(w.truth, 'gw', { keep: 3 })).toBe(5);
    expect(await idsOf(w)).toEqual([6, 7, 8, 9, 10]);
    expect(await pruneTriggers(w.truth, 'gw', { keep: 0 })).toBe(3);
    expect(await idsOf(w)).toEqual([9, 10]);
    expect(await idsOf(w, 'gw2')).toHaveLength(10);
    expect(await pruneTriggers(w.truth, 'nowhere')).toBe(0);
  });

  it('are forgotten in bounded batches, and the rest by the next call', async () => {
    const w = world();
    await record(w, 10);
    await cover(w, 10);
    expect(await pruneTriggers(w.truth, 'gw', { keep: 0, batch: 2, batches: 3 })).toBe(6);
    expect(await idsOf(w)).toEqual([7, 8, 9, 10]);
    expect(await pruneTriggers(w.truth, 'gw', { keep: 0, batch: 3 })).toBe(4);
    expect(await idsOf(w)).toEqual([]);
    await record(w, 1);
    expect(await idsOf(w)).toEqual([11]);
  });

  it('do not give their ids to those that come after them', async () => {
    const w = world();
    await record(w, 3);
    await cover(w, 3);
    await pruneTriggers(w.truth, 'gw', { keep: 0 });
    expect(await record(w, 2)).toEqual([
      { gateway: 'gw', id: 4 },
      { gateway: 'gw', id: 5 },
    ]);
    expect(await idsOf(w)).toEqual([4, 5]);
  });
}
