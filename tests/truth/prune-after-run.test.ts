/** A run that has published what it covers forgets the triggers before: their table does not grow for ever. */
import { recordTriggers } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { type PolicyWorld, policyWorld } from '../support/policy-world.ts';

/** What `pruneTriggers` keeps for whoever wants to know what happened last. */
const kept = 1_000;

describe('triggers of a gateway', () => {
  it('are forgotten by the run that covers them, but for the newest', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const gateway = await nameOfGateway(world);
    const many = Array.from({ length: kept + 500 }, () => ({ gateway, reason: 'ip-up', at: Date.now() }));
    await world.truth.transaction((trx) => recordTriggers(trx, many));
    expect(await idsOf(world)).toHaveLength(kept + 500);

    const { status, report } = await world.run('apply', ['--reason', 'panel']);

    expect({ status, covered: report.covered }).toEqual({ status: 0, covered: kept + 501 });
    expect(await idsOf(world)).toEqual(Array.from({ length: kept }, (_value, index) => 502 + index));
  });

  it('stay while no run has covered them', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const gateway = await nameOfGateway(world);
    await world.run('apply');
    const many = Array.from({ length: kept + 500 }, () => ({ gateway, reason: 'ip-up', at: Date.now() }));
    await world.truth.transaction((trx) => recordTriggers(trx, many));

    expect((await world.run('reconcile', ['--check'])).status).toBe(0);

    expect(await idsOf(world)).toHaveLength(kept + 501);
  });
});

async function nameOfGateway({ truth }: PolicyWorld): Promise<string> {
  return (await truth.db.selectFrom('gateways').select('name').executeTakeFirstOrThrow()).name;
}

async function idsOf({ truth }: PolicyWorld): Promise<readonly number[]> {
  const rows = await truth.db.selectFrom('policy_triggers').select('id').orderBy('id').execute();
  return rows.map(({ id }) => id);
}
