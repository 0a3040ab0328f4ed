/** What NASes hear of a gateway, run after run: truth in memory, the NASes on loopback. On both runtimes. */
import { fakeHeld } from '@holdfast/base/fake-held';
import { expireSessions, releaseSessionByHand } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { fastClock } from '../../../../tests/support/fast-clock.ts';
import type { NasBehaviour, NasDoubleRequest } from '../../../../tests/support/nas-double.ts';
import { nasWorld } from '../../../../tests/support/nas-world.ts';
import { nasDue } from './nas-due.ts';

const kindsOf = (requests: readonly NasDoubleRequest[]) =>
  requests.map(({ kind, attributes }) => `${kind} ${attributes['44']?.toString()}`);

describe('a run', () => {
  it('tells each NAS what changed, and a second one tells nobody anything', async () => {
    await using w = await nasWorld({ behaviours: [() => 'ack', () => 'ack'] });
    const [limited, restricted, disabled] = [await w.connect(1), await w.connect(2), await w.connect(3, 1)];
    await w.connect(4);
    expect(await w.notify()).toMatchObject({ sent: 0, packets: 0, drift: [] });
    await w.rate(limited, 20_000);
    await w.restrict(restricted);
    await w.disable(disabled);
    expect(await w.notify()).toMatchObject({ sent: 3, acked: 3, driftTotal: 0, warnings: [] });
    const [here, there] = w.doubles;
    expect(kindsOf(here?.requests ?? []).toSorted()).toEqual(['coa session-1', 'coa session-2']);
    expect(kindsOf(there?.requests ?? [])).toEqual(['disconnect session-3']);
    const sent = here?.requests.find(({ attributes }) => attributes['1']?.toString() === 'user-1');
    expect(sent?.attributes['14988.8']?.toString()).toBe('0/20000k');
    expect(await w.notify()).toMatchObject({ sent: 0, packets: 0 });
    expect(w.requests()).toBe(3);
    await w.rate(limited, 30_000);
    expect(await w.notify()).toMatchObject({ sent: 1, acked: 1 });
    expect(w.requests()).toBe(4);
  });

  it('that is about a few connections asks about no others', async () => {
    await using w = await nasWorld();
    const [one, other] = [await w.connect(1), await w.connect(2)];
    for (const id of [one, other]) await w.restrict(id);
    expect(await w.notify({ connections: [other] })).toMatchObject({ sent: 1 });
    expect(kindsOf(w.doubles[0]?.requests ?? [])).toEqual(['coa session-2']);
    expect(await w.notify({ connections: [] })).toMatchObject({ sent: 0 });
    expect(await w.notify()).toMatchObject({ sent: 1 });
  });

  it('and a look before it agree, and the look sends nothing', async () => {
    await using w = await nasWorld();
    await w.disable(await w.connect(1));
    const look = () => nasDue({ truth: w.truth, gateway: 'gw1', at: w.now() });
    expect(await look()).toEqual({
      due: 1,
      deferred: 0,
      drift: [
        {
          layer: 'radius',
          object: 'session of connection 1 at 127.0.0.1',
          expected: 'disconnected',
          actual: 'not told yet',
        },
      ],
      warnings: [],
    });
    expect(w.requests()).toBe(0);
    await w.notify();
    expect(await look()).toMatchObject({ due: 0, deferred: 0, drift: [] });
  });

  it('names a gateway that truth does not have', async () => {
    await using w = await nasWorld();
    const held = fakeHeld({ scope: 'policy:gw9' });
    const failure = { code: 'CONFIG_INVALID' };
    await expect(w.notify({ gateway: 'gw9', held })).rejects.toMatchObject(failure);
    await expect(nasDue({ truth: w.truth, gateway: 'gw9', at: 0 })).rejects.toMatchObject(failure);
  });
});

describe('a disconnected session', () => {
  it('stays until its Stop; when that was lost, its NAS says so a minute later', async () => {
    let behaviour: NasBehaviour = 'ack';
    await using w = await nasWorld({ behaviours: [() => behaviour] });
    const id = await w.connect(1);
    await w.disable(id);
    const before = await w.lock(id);
    expect(await w.notify()).toMatchObject({ sent: 1, acked: 1 });
    expect(await w.lock(id)).toEqual({ ...before, nas_applied: 'disconnected' });
    w.pass(59_999);
    expect(await w.notify()).toMatchObject({ sent: 0, deferred: 0 });
    w.pass(1);
    expect(await w.notify()).toMatchObject({ sent: 1, acked: 1 });
    expect(await w.notify()).toMatchObject({ sent: 0 });
    expect(await w.lock(id)).toMatchObject({ state: 'held' });
    w.pass(60_000);
    behaviour = { nak: 503 };
    expect(await w.notify()).toMatchObject({ sent: 1, gone: 1 });
    expect(await w.lock(id)).toMatchObject({ state: 'released', release_reason: 'unknown-to-nas' });
    expect(await w.notify()).toMatchObject({ sent: 0 });
  });

  it('whose time is over is not told again', async () => {
    await using w = await nasWorld();
    const id = await w.connect(1);
    await w.disable(id);
    await w.notify();
    w.pass(3_600_000);
    await w.truth.transaction((trx) => expireSessions(trx, { at: w.now() }));
    expect(await w.ended(id)).toMatchObject([{ release_reason: 'expired', nas_disconnect: 'acked' }]);
    expect(await w.notify()).toMatchObject({ sent: 0 });
    expect(w.requests()).toBe(1);
  });

  it('that its NAS does not know ends at once, with a trigger', async () => {
    await using w = await nasWorld({ behaviours: [() => ({ nak: 503 })] });
    const id = await w.connect(1);
    await w.disable(id);
    const triggers = () => w.truth.db.selectFrom('policy_triggers').select('reason').orderBy('id').execute();
    const before = await triggers();
    expect(await w.notify()).toMatchObject({ sent: 1, gone: 1, nak: 0, driftTotal: 0 });
    expect(await w.lock(id)).toMatchObject({ state: 'released', release_reason: 'unknown-to-nas' });
    expect((await triggers()).slice(before.length)).toEqual([{ reason: 'session-unknown-to-nas' }]);
    expect(await w.notify()).toMatchObject({ sent: 0 });
  });

  it('that ended by hand is told to its NAS, once', async () => {
    await using w = await nasWorld();
    const id = await w.connect(1);
    await w.truth.transaction((trx) =>
      releaseSessionByHand(trx, { vpnConnectionId: id, reason: 'ticket 7', at: w.now() }),
    );
    expect(await w.notify()).toMatchObject({ sent: 1, acked: 1 });
    expect(kindsOf(w.doubles[0]?.requests ?? [])).toEqual(['disconnect session-1']);
    expect(await w.ended(id)).toMatchObject([{ nas_disconnect: 'acked' }]);
    expect(await w.notify()).toMatchObject({ sent: 0 });
  });

  it('is told to its NAS by its own name when the same device came back, and not where it has none', async () => {
    await using w = await nasWorld();
    const id = await w.connect(1);
    await w.reconnect(1, id, { acctSessionId: null });
    expect(await w.notify()).toMatchObject({ sent: 1 });
    await w.reconnect(1, id, { acctSessionId: null }); // the same request
    w.pass(1);
    await w.truth.db.updateTable('active_session_locks').set({ request_vector: 'x' }).execute();
    await w.reconnect(1, id, { acctSessionId: 'third' });
    expect(await w.notify()).toMatchObject({ sent: 0 });
    expect((await w.ended(id)).map((one) => one.nas_disconnect)).toEqual(['acked', 'superseded']);
    expect(kindsOf(w.doubles[0]?.requests ?? [])).toEqual(['disconnect session-1']);
  });
});

describe('a NAS that refuses', () => {
  it('is not asked the same again for ten minutes, and something else at once', async () => {
    let behaviour: NasBehaviour = { nak: 501 };
    await using w = await nasWorld({ behaviours: [() => behaviour] });
    const id = await w.connect(1);
    await w.restrict(id);
    expect(await w.notify()).toMatchObject({
      sent: 1,
      nak: 1,
      drift: [{ layer: 'radius', actual: 'refused with Error-Cause 501' }],
    });
    w.pass(599_999);
    expect(await w.notify()).toMatchObject({ sent: 0, deferred: 1, driftTotal: 1 });
    await w.rate(id, 1_000);
    expect(await w.notify()).toMatchObject({ sent: 1, nak: 1 });
    w.pass(600_000);
    behaviour = 'ack';
    expect(await w.notify()).toMatchObject({ sent: 1, acked: 1 });
    expect(await w.truth.db.selectFrom('nas_answers').selectAll().execute()).toEqual([]);
  });
});

describe('a NAS that does not answer', () => {
  it('keeps nobody else waiting, and is asked less and less often', async () => {
    let isDead = true;
    await using w = await nasWorld({
      behaviours: [() => 'ack', () => (isDead ? 'never' : 'ack'), () => 'ack', () => 'ack', () => 'ack'],
    });
    const ids = await w.connectMany(500, (user) => user % 5);
    await w.truth.transaction((trx) =>
      trx.updateTable('vpn_connections').set({ down_kbit: 9_000 }).execute(),
    );
    const report = await w.notify({ budgetMs: 30_000 });
    expect(report).toMatchObject({ sent: 404, acked: 400, silent: 4, unfinished: 96, driftTotal: 100 });
    // All NASes at once, and the dead one for a few of its sessions only.
    expect(report.tookMs).toBeLessThan(15_000);
    const applied = await w.truth.db
      .selectFrom('active_session_locks')
      .select('nas_applied')
      .where('nas_applied', 'is not', null)
      .execute();
    expect([ids.length, applied.length]).toEqual([500, 400]);

    const again = await w.notify();
    expect(again).toMatchObject({ sent: 0, deferred: 100 });
    expect(again.drift[0]?.actual).toMatch(/^no answer, asked again after 20/);
    expect(w.requests()).toBe(404);

    w.pass(30_000);
    isDead = false;
    expect(await w.notify()).toMatchObject({ sent: 100, acked: 100, driftTotal: 0 });
    expect(await w.truth.db.selectFrom('nas_silences').selectAll().execute()).toEqual([]);
    expect(await w.notify()).toMatchObject({ sent: 0, deferred: 0 });
  });

  it('for one session while it answers for others is asked about that one again after a minute', async () => {
    await using w = await nasWorld({
      behaviours: [({ attributes }) => (attributes['44']?.toString() === 'session-1' ? 'never' : 'ack')],
    });
    for (const user of [1, 2]) await w.disable(await w.connect(user));
    expect(await w.notify({ clock: fastClock, budgetMs: 60_000 })).toMatchObject({ acked: 1, silent: 1 });
    expect(await w.notify()).toMatchObject({ sent: 0, deferred: 1 });
    expect(await w.truth.db.selectFrom('nas_silences').selectAll().execute()).toEqual([]);
  });

  it('is waited for no longer than the budget, than somebody who waits for the lock, and than the caller wants', async () => {
    await using w = await nasWorld({ behaviours: [() => 'never'] });
    await w.disable(await w.connect(1));
    const timed = async (more: Parameters<typeof w.notify>[0]) => {
      const since = performance.now();
      const { unfinished, tookMs } = await w.notify(more);
      await w.truth.db.deleteFrom('nas_silences').execute();
      expect(unfinished).toBe(1);
      expect(performance.now() - since).toBeLessThan(1_500);
      return tookMs;
    };
    expect(await timed({ budgetMs: 100 })).toBeGreaterThanOrEqual(100);
    const scope = 'policy:gw1';
    expect(await timed({ held: fakeHeld({ scope, contended: () => true }) })).toBeGreaterThanOrEqual(1_000);
    await timed({ signal: AbortSignal.timeout(50) });
    await timed({ signal: AbortSignal.abort() });
  });

  it('is not called silent when nobody has waited for it', async () => {
    await using w = await nasWorld({ behaviours: [() => 'never'] });
    await w.disable(await w.connect(1));
    await w.notify({ budgetMs: 50 });
    expect(await w.truth.db.selectFrom('nas_silences').selectAll().execute()).toEqual([]);
    await w.notify({ budgetMs: 600 });
    expect(await w.truth.db.selectFrom('nas_silences').select('runs').execute()).toEqual([{ runs: 1 }]);
  });
});
