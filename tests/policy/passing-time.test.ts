/** What is due by the clock reaches truth and gateway by a reconcile, and by nothing that only looks. */
import { systemClock } from '@holdfast/base';
import {
  openPolicyContext,
  type PolicyReport,
  type PolicyTriggerKind,
  runPolicy,
} from '@holdfast/gateway-policy/command';
import { encodeTime, provisionConnection, startSession } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { changes, gateway, type PolicyWorld, policyWorld } from '../support/policy-world.ts';
import { shownByFile } from './matrix/recomputed.ts';

const dayMs = 86_400_000;

/** A live session of a connection that was provisioned so many days ago and never claimed. */
async function connectUnclaimed(world: PolicyWorld, host: number, ageDays: number): Promise<number> {
  const at = Date.now();
  return world.truth.transaction(async (trx) => {
    const { id } = await provisionConnection(trx, { at: at - ageDays * dayMs, downKbit: 1_000 });
    await startSession(trx, {
      gateway,
      vpnConnectionId: id,
      sessionKey: `key-${host}`,
      framedIp: `10.77.0.${host}`,
      at: at - dayMs,
      expiresAt: at + dayMs,
    });
    return id;
  });
}

async function statesOf(world: PolicyWorld) {
  const rows = await world.truth.db
    .selectFrom('vpn_connections')
    .select(['status', 'restricted_reason', 'restricted_effective'])
    .orderBy('id')
    .execute();
  return rows.map(({ status, restricted_reason: reason, restricted_effective: effective }) =>
    [status, reason, effective].join(' '),
  );
}

describe('a reconcile', () => {
  it('restricts what was not claimed in time, disables what is past its deadline, and makes the gateway so', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    for (const [host, ageDays] of [
      [1, 10],
      [2, 31],
      [3, 181],
    ] as const) {
      await connectUnclaimed(world, host, ageDays);
    }
    const before = await statesOf(world);

    const check = await world.run('reconcile', ['--check']);
    expect(await statesOf(world)).toEqual(before);
    expect(check.status).toBe(2);

    const { status, report } = await world.run('reconcile', ['--once']);
    expect({ status, outcome: report.outcome }).toEqual({ status: 0, outcome: 'applied' });
    expect(await statesOf(world)).toEqual([
      'PREPROVISIONED  0',
      'PREPROVISIONED UNCLAIMED_OVERDUE 1',
      'DISABLED  1',
    ]);
    expect(report.digest).toBe(await world.digest());
    expect((await world.run('reconcile', ['--once'])).report.outcome).toBe('unchanged');
  });

  it('ends sessions that nobody has extended', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await connectUnclaimed(world, 1, 1);
    await world.run('apply');
    await world.truth.db
      .updateTable('active_session_locks')
      .set({ expires_at: '2026-01-01T00:00:00.000Z' as never })
      .execute();

    await world.run('reconcile', ['--once']);

    const locks = await world.truth.db
      .selectFrom('active_session_locks')
      .select(['state', 'release_reason'])
      .execute();
    expect(locks).toEqual([{ state: 'released', release_reason: 'expired' }]);
    expect((await world.run('apply')).report.outcome).toBe('unchanged');
  });
});

describe('a clock that is moved back', () => {
  it('gives nothing back, changes nothing that is live, and keeps no run from its work', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const overdue = await connectUnclaimed(world, 1, 29);
    await connectUnclaimed(world, 2, 1);
    await world.truth.db
      .updateTable('active_session_locks')
      .set({ expires_at: encodeTime(Date.now() + 10 * dayMs) })
      .where('vpn_connection_id', '=', overdue)
      .execute();
    await runAt(world, 'timer', 0);
    // Two days on, grace and session are over.
    expect(await runAt(world, 'timer', 2 * dayMs)).toMatchObject({ outcome: 'applied' });
    const live = shownByFile(world.stateDir, gateway);
    expect(live).toMatchObject({ restricted: ['10.77.0.1'], classes: 1 });

    for (const offsetMs of [0, -dayMs]) {
      expect(await runAt(world, 'timer', offsetMs)).toMatchObject({ outcome: 'unchanged', warnings: [] });
      expect(shownByFile(world.stateDir, gateway)).toEqual(live);
    }
    await changes(world.truth).shape(overdue, 4_000);
    const { outcome, covered, trigger } = await runAt(world, 'panel', -dayMs);
    expect({ outcome, isCovered: trigger !== null && covered !== null && covered >= trigger }).toEqual({
      outcome: 'applied',
      isCovered: true,
    });
    expect(shownByFile(world.stateDir, gateway).limits).toEqual(['10.77.0.1 down 4000 kbit']);
  });
});

/** A run whose wall clock is off by so much; the monotonic one never is. */
async function runAt(world: PolicyWorld, reason: PolicyTriggerKind, offsetMs: number): Promise<PolicyReport> {
  await using context = await openPolicyContext({
    stateDir: world.stateDir,
    database: undefined,
    gateway: undefined,
    dataplane: 'recorded',
    netns: undefined,
    device: undefined,
    observer: {},
  });
  const { report } = await runPolicy(context, {
    reason,
    mode: 'apply',
    waitMs: 10_000,
    force: false,
    purpose: 'time',
    signal: new AbortController().signal,
    clock: { ...systemClock, wallMs: () => Date.now() + offsetMs },
  });
  return report;
}
