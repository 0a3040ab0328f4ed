/** What time does to many rows: in batches, once, and with the gateways told. */
import { beforeEach, expect, it } from 'vitest';
import { applyTimeRules, type Truth } from '../index.ts';
import { type AccountWorld, dayMs, openAccounts, start } from '../testing/account-world.ts';

export function timeRulesHold(truth: () => Truth): void {
  let world: AccountWorld;
  const nothing = { 'deadline-passed': 0, 'grace-passed': 0 };
  const rules = (days: number, batchRows?: number) =>
    applyTimeRules(truth(), { at: start + days * dayMs, ...(batchRows !== undefined && { batchRows }) });

  beforeEach(async () => {
    world = await openAccounts(truth());
  });

  it('the grace restricts at its moment and the deadline disables, each once', async () => {
    const { id } = await world.provision();
    expect(await applyTimeRules(truth(), { at: start + 30 * dayMs - 1 })).toEqual(nothing);
    expect(await rules(30)).toEqual({ ...nothing, 'grace-passed': 1 });
    const overdue = {
      status: 'PREPROVISIONED',
      restricted_reason: 'UNCLAIMED_OVERDUE',
      restricted_effective: 1,
    };
    expect(await world.connection(id)).toMatchObject({ ...overdue, version: 2 });
    expect(await rules(30)).toEqual(nothing);
    expect(await rules(180)).toEqual({ ...nothing, 'deadline-passed': 1 });
    const disabled = { status: 'DISABLED', restricted_reason: null, restricted_effective: 1 };
    expect(await world.connection(id)).toMatchObject({ ...disabled, version: 3 });
    expect(await rules(4_000)).toEqual(nothing);
  });

  it('a connection with a customer has no time to fear', async () => {
    const { id } = await world.provision();
    const customerId = await world.customer('ana');
    await world.happen(id, { kind: 'claim', customerId });
    expect(await rules(4_000)).toEqual(nothing);
    expect(await world.connection(id)).toMatchObject({
      status: 'CLAIMED',
      restricted_effective: 0,
      version: 2,
    });
  });

  it('a reason that stands is not replaced, and what is due both ways is disabled at once', async () => {
    const { id } = await world.provision();
    await world.happen(id, { kind: 'restrict', reason: 'MANUAL' });
    expect(await rules(31)).toEqual(nothing);
    expect(await rules(200)).toEqual({ ...nothing, 'deadline-passed': 1 });
    expect(await world.connection(id)).toMatchObject({ status: 'DISABLED', restricted_reason: 'MANUAL' });
  });

  it.each([
    [1, 4],
    [3, 4],
    [4, 3],
    [500, 2],
  ])(
    'seven rows in batches of %i are all changed, and each batch tells each of its gateways once',
    async (batchRows, told) => {
      for (const gateway of ['gw1', undefined, 'gw2', 'gw1', undefined, undefined, 'gw1'])
        await world.provision(gateway);
      expect(await rules(30, batchRows)).toEqual({ ...nothing, 'grace-passed': 7 });
      const triggers = await world.triggers();
      expect(triggers).toHaveLength(told);
      expect(triggers[0]).toEqual({ gateway: 'gw1', reason: 'grace-passed', vpn_connection_id: null });
      expect(triggers.at(-1)).toEqual({ gateway: 'gw2', reason: 'grace-passed', vpn_connection_id: null });
      expect(await rules(30, batchRows)).toEqual(nothing);
      expect(await world.triggers()).toHaveLength(told);
    },
  );

  it('a batch of connections without sessions tells nobody', async () => {
    for (let made = 0; made < 3; made += 1) await world.provision();
    await rules(30);
    expect(await world.triggers()).toEqual([]);
  });

  it('rules that are stopped between two batches go on where they stopped', async () => {
    for (let made = 0; made < 3; made += 1) await world.provision('gw1');
    const stop = new AbortController();
    const at = start + 30 * dayMs;
    const original = truth().transaction.bind(truth());
    let batches = 0;
    const stopping = new Proxy(truth(), {
      get: (target, key) => {
        if (key !== 'transaction') return Reflect.get(target, key, target);
        return async (...args: Parameters<typeof original>) => {
          const result = await original(...args);
          batches += 1;
          // The first transaction is the deadline's, which finds nothing; the second changes one row.
          if (batches === 2) stop.abort(new Error('stop'));
          return result;
        };
      },
    });
    await expect(applyTimeRules(stopping, { at, batchRows: 1, signal: stop.signal })).rejects.toThrow('stop');
    expect(await applyTimeRules(truth(), { at })).toEqual({ ...nothing, 'grace-passed': 2 });
  });
}
