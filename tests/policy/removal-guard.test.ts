/** What a run may remove without being told to: what triggers explain, and not much more. */
import { describe, expect, it } from 'vitest';
import { type PolicyWorld, policyWorld } from '../support/policy-world.ts';

const sessions = 40;

describe('the guard of removals', () => {
  it('lets all sessions go whose end was announced', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const ids = await connectAll(world);
    for (const id of ids) await world.disconnect(id);
    const { status, report } = await world.run('reconcile', ['--once']);
    expect({ status, outcome: report.outcome }).toEqual({ status: 0, outcome: 'applied' });
  });

  it('refuses the same without triggers, keeps what is live, and does as it is forced', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await connectAll(world);
    await world.truth.db.deleteFrom('active_session_locks').execute();
    const refused = await world.run('reconcile', ['--once']);
    expect(refused).toMatchObject({
      status: 3,
      report: { outcome: 'refused', error: { code: 'REMOVAL_REFUSED' } },
    });
    expect((await world.run('reconcile', ['--check'])).report.changes).toEqual({
      nft: sessions,
      tc: sessions,
      radius: 0,
    });
    expect((await world.run('reconcile', ['--once', '--force'])).report.outcome).toBe('applied');
  });

  it('has limits that are settings', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await connectAll(world);
    await world.truth.db.deleteFrom('active_session_locks').execute();
    const limits = (share: string, count: string) => ['--removal-share', share, '--removal-count', count];
    expect((await world.run('reconcile', limits('99', '39'))).status).toBe(3);
    expect((await world.run('reconcile', limits('0', '40'))).report.outcome).toBe('applied');
    expect((await world.run('reconcile', limits('101', '1'))).status).toBe(64);
  });
});

async function connectAll(world: PolicyWorld): Promise<number[]> {
  const ids: number[] = [];
  for (let host = 1; host <= sessions; host += 1) ids.push(await world.connect(host, 1_000));
  expect((await world.run('apply')).report.outcome).toBe('applied');
  return ids;
}
