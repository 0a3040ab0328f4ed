/** Gateways that somebody inserted by SQL alone, without the rows that `addGateway` adds. */
import { beforeEach, expect, it } from 'vitest';
import {
  encodeTime,
  publishRun,
  readCovered,
  readGatewaySnapshot,
  recordTrigger,
  type Truth,
} from './index.ts';
import { now } from './testing/session-world.ts';

export function bareGatewaysHold(truth: () => Truth): void {
  const bare = {
    name: 'gw',
    layout: 'shared-device',
    device: 'wg0',
    coa_port: null,
    coa_secret: null,
  } as const;
  const record = () =>
    truth().transaction((trx) => recordTrigger(trx, { gateway: 'gw', reason: 'panel', at: now }));
  const run = { gateway: 'gw', covered: 4, outcome: 'applied', digest: 'd', at: now, tookMs: 1 } as const;

  beforeEach(() => truth().db.insertInto('gateways').values(bare).execute());

  it('a gateway without a counter gets it with its first trigger, and counts on', async () => {
    expect([await record(), await record()]).toEqual([1, 2]);
    expect((await readGatewaySnapshot(truth(), 'gw', now))?.newestTrigger).toBe(2);
  });

  it('a counter that is rolled back with its first trigger gives the id to the next', async () => {
    const failed = truth().transaction(async (trx) => {
      await recordTrigger(trx, { gateway: 'gw', reason: 'panel', at: now });
      throw new Error('stop');
    });
    await expect(failed).rejects.toThrow('stop');
    expect(await truth().db.selectFrom('trigger_counters').selectAll().execute()).toEqual([]);
    expect(await record()).toBe(1);
  });

  it.each([
    ['a trigger', 8, 4],
    ['what a run covered', 3, 9],
  ])('a counter that was lost goes on above %s', async (_what, triggerId, covered) => {
    const trigger = { gateway: 'gw', id: triggerId, reason: 'panel', created_at: encodeTime(now) };
    await truth()
      .db.insertInto('policy_triggers')
      .values({ ...trigger, vpn_connection_id: null })
      .execute();
    await publishRun(truth(), { ...run, covered });
    expect(await record()).toBe(Math.max(triggerId, covered) + 1);
  });

  it('a gateway without a state has nothing covered until its first run is stored', async () => {
    expect(await readCovered(truth(), 'gw')).toBe(0);
    await publishRun(truth(), run);
    await publishRun(truth(), { ...run, covered: 3, outcome: 'unchanged' });
    expect(await readCovered(truth(), 'gw')).toBe(4);
    const state = await truth().db.selectFrom('gateway_state').selectAll().execute();
    expect(state).toMatchObject([{ gateway: 'gw', covered: 4, last_outcome: 'unchanged' }]);
  });
}
