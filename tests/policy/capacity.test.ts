/** How full a gateway is and what building it costs, wherever an operator looks; and the warning before a shard is full. */
import { encodeTime, slotFor, slotsPerShard, type Truth } from '@holdfast/truth-db';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { startDaemon } from '../support/daemon-process.ts';
import { gateway, policyWorld } from '../support/policy-world.ts';
import { examine } from './doctor-world.ts';
import { explain } from './explain-world.ts';

const shards = 2;

describe('the capacity of a gateway', () => {
  it('is in the report, the metrics, explain and doctor, as truth has it', async () => {
    await using world = await policyWorld({ dataplane: 'recorded', shards });
    // Two addresses of one shard, one of the other; one session has no limit, and a slot all the same.
    await world.connect(10, 5_000);
    await world.connect(12, null);
    await world.connect(11, 1_000);
    const { report } = await world.run('apply');
    const slots = {
      used: 3,
      free: shards * slotsPerShard - 3,
      fullest: { shard: 0, used: 2, free: slotsPerShard - 2 },
    };
    expect(report).toMatchObject({ capacity: { shaped: 2, slots }, warnings: [] });

    await using daemon = startDaemon(world, ['--interval', '1h']);
    await daemon.readiness(({ status }) => status === 200);
    const metric = (name: string) => daemon.metric(`holdfast_policy_${name}{gateway="${gateway}"}`);
    expect(await metric('shaped_objects')).toBe(2);
    expect(await metric('slots_used')).toBe(3);
    expect(await metric('slots_free')).toBe(slots.free);
    expect(await metric('fullest_shard_free_slots')).toBe(slots.fullest.free);

    await world.connect(14, null);
    const news = await daemon.reported(({ reason }) => reason === 'recorded');
    expect(news.capacity).toBeNull();
    expect(await metric('slots_used')).toBe(3);
    await daemon.stop();

    const { answers, text } = await explain(world.flags, 'user-10');
    expect(answers[0]).toMatchObject({ capacity: { shaped: 2, slots: { used: 4 } } });
    expect(text).toMatch(/^capacity +4 slots used, \d+ free, 65530 of them in the fullest shard \(0\)/m);
    const { findings } = await examine(world.flags, { only: 'truth' });
    expect(findings).toMatchObject([{ verdict: 'ok', found: expect.stringContaining('4 slots used') }]);
  });

  it('has no slots where each session has a device of its own', async () => {
    await using world = await policyWorld({ dataplane: 'recorded', shards });
    await world.truth.db.updateTable('gateways').set({ layout: 'per-interface' }).execute();
    await world.connect(10, 5_000);
    const { report } = await world.run('apply');
    expect(report).toMatchObject({ outcome: 'applied', capacity: { slots: null, buildMs: 0 } });
  });

  it('is warned of by every run, and by doctor, before a shard is full', async () => {
    await using world = await policyWorld({ dataplane: 'recorded', shards });
    await fillShard(world.truth, slotsPerShard - 1_000);
    const { report, status } = await world.run('apply');
    expect(status).toBe(0);
    expect(report.warnings).toEqual([
      expect.stringContaining('shard 1 is nearly full: 64533 of 65533 slots'),
    ]);
    const { findings } = await examine(world.flags, { only: 'truth' });
    expect(findings.map(({ verdict }) => verdict)).toEqual(['ok', 'warn']);
  });
});

/** Sessions without a limit in the shard of odd addresses, by one statement each. */
async function fillShard({ db }: Truth, sessions: number): Promise<void> {
  const [now, later] = [Date.now(), Date.now() + 86_400_000].map(encodeTime);
  const numbers = sql`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${sessions})`;
  await sql`${numbers} INSERT INTO vpn_connections (id, token, created_at, status, unclaimed_grace_until, claim_deadline)
    SELECT i, 'c' || i, ${now}, 'PREPROVISIONED', ${later}, ${later} FROM n`.execute(db);
  await sql`${numbers} INSERT INTO active_session_locks
    (vpn_connection_id, session_key, acquired_at, expires_at, state, gateway, framed_ip, confirmed_at, shaping_slot)
    SELECT i, 's' || i, ${now}, ${later}, 'held', ${gateway},
      '10.' || (i / 32768) || '.' || ((i / 128) % 256) || '.' || ((i % 128) * 2 + 1), ${now}, ${slotFor(1, 0)} + i
    FROM n`.execute(db);
}
