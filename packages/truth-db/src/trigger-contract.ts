/** Triggers and what a run says it covered. */
import { beforeEach, expect, it } from 'vitest';
import {
  changeWithTrigger,
  encodeTime,
  provisionConnection,
  publishRun,
  readCovered,
  recordTrigger,
  type Truth,
  transitConnection,
} from './index.ts';
import { failureOf } from './testing/failure-of.ts';
import { now } from './testing/session-world.ts';
import { connectionOf, withGateway } from './testing/truth-rows.ts';

export function triggersHold(truth: () => Truth): void {
  beforeEach(() => withGateway(truth(), 'gw'));

  it('trigger ids count from 1 per gateway, whatever the other gateways do', async () => {
    await withGateway(truth(), 'other');
    const record = (gateway: string) =>
      truth().transaction((trx) => recordTrigger(trx, { gateway, reason: 'panel', at: now }));
    expect([await record('gw'), await record('gw'), await record('other'), await record('gw')]).toEqual([
      1, 2, 1, 3,
    ]);
  });

  it('a trigger that is rolled back gives its id to the next', async () => {
    const failed = truth().transaction(async (trx) => {
      await recordTrigger(trx, { gateway: 'gw', reason: 'panel', at: now });
      throw new Error('stop');
    });
    await expect(failed).rejects.toThrow();
    const { trigger } = await changeWithTrigger(
      truth(),
      { gateway: 'gw', reason: 'panel', at: now },
      async () => 0,
    );
    expect(trigger).toBe(1);
  });

  it('an id is not given out again after its trigger was pruned', async () => {
    const record = () =>
      truth().transaction((trx) => recordTrigger(trx, { gateway: 'gw', reason: 'timer', at: now }));
    await record();
    await truth().db.deleteFrom('policy_triggers').execute();
    expect(await record()).toBe(2);
  });

  it('a change whose trigger has no gateway is not made', async () => {
    const { id } = await truth().transaction((trx) => provisionConnection(trx, { at: now }));
    const change = changeWithTrigger(truth(), { gateway: 'nowhere', reason: 'panel', at: now }, (trx) =>
      transitConnection(trx, {
        vpnConnectionId: id,
        event: { kind: 'restrict', reason: 'MANUAL' },
        at: now,
      }),
    );
    expect(await failureOf(change)).toEqual({ code: 'CONFIG_INVALID' });
    expect(await connectionOf(truth(), id)).toMatchObject({ restricted_effective: 0, version: 1 });
  });

  it('covered only grows, while the last run is replaced', async () => {
    const run = { gateway: 'gw', digest: 'd', at: now, tookMs: 12.4 } as const;
    expect(await readCovered(truth(), 'gw')).toBe(0);
    await publishRun(truth(), { ...run, covered: 7, outcome: 'applied' });
    await publishRun(truth(), { ...run, covered: 5, outcome: 'unchanged', digest: 'e' });
    expect(await readCovered(truth(), 'gw')).toBe(7);
    expect(await truth().db.selectFrom('gateway_state').selectAll().executeTakeFirstOrThrow()).toEqual({
      gateway: 'gw',
      covered: 7,
      last_outcome: 'unchanged',
      last_digest: 'e',
      last_run_at: encodeTime(now),
      last_took_ms: 12,
    });
  });

  it('a run of an unknown gateway is refused', async () => {
    const run = {
      gateway: 'nowhere',
      covered: 1,
      outcome: 'applied',
      digest: 'd',
      at: now,
      tookMs: 1,
    } as const;
    expect(await failureOf(publishRun(truth(), run))).toEqual({ code: 'CONFIG_INVALID' });
    expect(await failureOf(readCovered(truth(), 'nowhere'))).toEqual({ code: 'CONFIG_INVALID' });
  });
}
