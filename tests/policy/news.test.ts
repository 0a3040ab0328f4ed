/**
 * Runs of one process that remembers what was live after its last one: they read and write what changed, and everything
 * whenever something happened that they cannot know.
 */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Dataplane, desiredState, digestOf } from '@holdfast/gateway-policy';
import {
  openPolicyContext,
  type PolicyContext,
  PolicyMemory,
  type PolicyResult,
  type PolicyTriggerKind,
  runPolicy,
} from '@holdfast/gateway-policy/command';
import { openTruth, readGatewaySnapshot } from '@holdfast/truth-db';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { counts } from '../support/counts.ts';
import { isMissing } from '../support/needs.ts';
import { addSessionDevices, labDevice } from '../support/network-lab.ts';
import { changes, gateway, type PolicyWorld, policyWorld } from '../support/policy-world.ts';

describe.each(['recorded', 'kernel'] as const)('a process with a memory, %s dataplane', (dataplane) => {
  const isOff = dataplane === 'kernel' && isMissing('root', 'nft');

  it.skipIf(isOff)('reads nothing but what changed', async () => {
    await using world = await policyWorld({ dataplane });
    await using watcher = await watch(world);
    const first = await world.connect(1, 1_000);
    await world.connect(2, null);
    expect(await watcher.run()).toMatchObject({ outcome: 'applied' });
    expect(watcher.readings()).toBeGreaterThan(0);
    await world.shape(first, 2_000);
    await world.connect(3, 3_000);
    expect(await watcher.run()).toMatchObject({ outcome: 'applied', changes: { nft: 1, tc: 2 } });
    expect(watcher.readings()).toBe(0);
    await world.restrict(first, true);
    await world.disconnect(first);
    expect(await watcher.run()).toMatchObject({ outcome: 'applied', changes: { nft: 1, tc: 1 } });
    expect(watcher.readings()).toBe(0);
    await watcher.expectEqualToTruth();
  });

  it.skipIf(isOff)('has nothing to do for triggers that changed nothing', async () => {
    await using world = await policyWorld({ dataplane });
    await using watcher = await watch(world);
    const first = await world.connect(1, 1_000);
    await watcher.run();
    await world.shape(first, 1_000);
    expect(await watcher.run()).toMatchObject({ outcome: 'unchanged' });
    expect(await watcher.run()).toMatchObject({ outcome: 'joined' });
    expect(watcher.readings()).toBe(2); // of the first run: before and after its write
  });

  it.skipIf(isOff)('reads everything after another process has written', async () => {
    await using world = await policyWorld({ dataplane });
    await using watcher = await watch(world);
    const first = await world.connect(1, 1_000);
    await watcher.run();
    await world.shape(first, 2_000);
    await world.run('apply');
    await world.shape(first, 3_000);
    watcher.readings();
    expect(await watcher.run()).toMatchObject({ outcome: 'applied' });
    expect(watcher.readings()).toBeGreaterThan(0);
    await watcher.expectEqualToTruth();
  });

  it.skipIf(isOff)('reads everything when truth is another one', async () => {
    await using world = await policyWorld({ dataplane });
    const file = join(world.stateDir, 'truth.sqlite');
    const first = await world.connect(1, 1_000);
    const memory = new PolicyMemory();
    {
      await using watcher = await watch(world, memory);
      await watcher.run();
      await sql`vacuum into ${`${file}.backup`}`.execute(world.truth.db);
      await world.connect(2, 2_000);
      await watcher.run();
    }
    for (const suffix of ['', '-wal', '-shm']) await rm(`${file}${suffix}`, { force: true });
    await rename(`${file}.backup`, file);
    await using restored = openTruth(`sqlite:${file}`);
    await changes(restored).shape(first, 1_500);
    await changes(restored).connect(3, 3_000);
    await using watcher = await watch(world, memory);
    expect(await watcher.run()).toMatchObject({ outcome: 'applied' });
    expect(watcher.readings()).toBeGreaterThan(0);
    await watcher.expectEqualToTruth(restored);
  });

  it.skipIf(isOff)('refuses an address that somebody has whom the triggers do not name', async () => {
    await using world = await policyWorld({ dataplane });
    await using watcher = await watch(world);
    await world.connect(1, null);
    const second = await world.connect(5, null); // in the same shard
    await watcher.run();
    await world.truth.db
      .updateTable('active_session_locks')
      .set({ framed_ip: '10.77.0.1' })
      .where('vpn_connection_id', '=', second)
      .execute();
    await world.restrict(second, true);
    expect(await watcher.run()).toMatchObject({ outcome: 'failed', error: { code: 'TRUTH_INVALID' } });
  });

  it.skipIf(isOff)(
    'ends where truth is, whatever happens between its runs',
    { timeout: 60_000 },
    async () => {
      await using world = await policyWorld({ dataplane });
      await using watcher = await watch(world);
      const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000);
      process.stderr.write(`seed ${seed}\n`);
      const random = randomOf(seed);
      const connections: number[] = [];
      let hosts = 0;
      const add = async () => {
        hosts += 1;
        connections.push(await world.connect(hosts, random(3) === 0 ? null : 1_000 + random(5) * 1_000));
      };
      const any = () => connections[random(connections.length)] ?? 0;
      const events: readonly (() => Promise<unknown>)[] = [
        add,
        add,
        () => world.shape(any(), 1_000 + random(5) * 1_000),
        () => world.restrict(any(), random(2) === 0),
        () => world.disconnect(connections.splice(random(connections.length), 1)[0] ?? 0),
        () => world.run('apply'),
        () => watcher.run('timer'),
      ];
      await add();
      for (let round = 0; round < counts.newsRounds; round += 1) {
        for (let event = 0; event <= random(3); event += 1) {
          if (connections.length < 2) await add();
          await events[random(events.length)]?.();
        }
        const { outcome } = await watcher.run();
        expect(['applied', 'unchanged', 'joined']).toContain(outcome);
        await watcher.expectEqualToTruth();
      }
    },
  );
});

describe.skipIf(isMissing('root', 'nft'))('what somebody did by hand', () => {
  it('to an object that changes makes the run read everything, and is repaired', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    await using watcher = await watch(world);
    await world.connect(1, 1_000);
    await watcher.run();
    world.lab?.run('nft', 'add element inet holdfast restricted4 { 10.77.0.2 }');
    const second = await world.connect(2, 2_000);
    await world.restrict(second, true);
    watcher.readings();
    expect(await watcher.run()).toMatchObject({ outcome: 'applied' });
    expect(watcher.readings()).toBeGreaterThan(0);
    await watcher.expectEqualToTruth();
  });

  it('to the device of a session, which came again without its limit, is repaired by the next run for it', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    await using watcher = await watch(world);
    const { truth, lab } = world;
    if (lab === undefined) throw new Error('no lab');
    await truth.db.updateTable('gateways').set({ layout: 'per-interface' }).execute();
    const first = await world.connect(1, 1_000);
    await truth.db.updateTable('active_session_locks').set({ ifname: 'ppp0' }).execute();
    addSessionDevices(lab, ['ppp0']);
    await watcher.run();
    const limited = lab.run('tc', 'qdisc', 'show', 'dev', 'ppp0');
    expect(limited).toContain('tbf 4846:');
    lab.run('ip', 'link', 'del', 'ppp0');
    addSessionDevices(lab, ['ppp0']);
    await world.shape(first, 1_000);
    expect(await watcher.run()).toMatchObject({ outcome: 'applied' });
    expect(lab.run('tc', 'qdisc', 'show', 'dev', 'ppp0')).toBe(limited);
  });

  it('to anything else is found by the next look for drift', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    await using watcher = await watch(world);
    await world.connect(1, 1_000);
    await watcher.run();
    world.lab?.run('nft', 'flush ruleset');
    expect(await watcher.run('timer')).toMatchObject({ outcome: 'applied', driftTotal: 2 });
    await watcher.expectEqualToTruth();
  });
});

interface Watcher extends AsyncDisposable {
  run(reason?: PolicyTriggerKind): Promise<PolicyResult['report']>;
  /** How often the whole dataplane was read since this was asked last. */
  readings(): number;
  expectEqualToTruth(truth?: PolicyWorld['truth']): Promise<void>;
}

async function watch(world: PolicyWorld, memory = new PolicyMemory()): Promise<Watcher> {
  const context = await openPolicyContext({
    stateDir: world.stateDir,
    database: undefined,
    gateway: undefined,
    dataplane: world.lab === undefined ? 'recorded' : 'kernel',
    netns: world.lab?.netns,
    device: world.lab === undefined ? undefined : labDevice,
    observer: {},
  });
  let readings = 0;
  const counting: PolicyContext = {
    ...context,
    dataplaneFor: (row): Dataplane => {
      const dataplane = context.dataplaneFor(row);
      return {
        ...dataplane,
        read: () => {
          readings += 1;
          return dataplane.read();
        },
      };
    },
  };
  const request = {
    mode: 'apply',
    waitMs: 10_000,
    force: true,
    purpose: 'news',
    signal: new AbortController().signal,
    memory,
  } as const;
  return {
    run: async (reason = 'recorded') => (await runPolicy(counting, { ...request, reason })).report,
    readings: () => {
      const counted = readings;
      readings = 0;
      return counted;
    },
    expectEqualToTruth: async (truth = world.truth) => {
      const snapshot = await readGatewaySnapshot(truth, gateway, Date.now());
      if (snapshot === undefined) throw new Error('the gateway is gone');
      const actual = await context.dataplaneFor(snapshot.gateway).read();
      expect(actual).toMatchObject({ nft: { kind: 'intact' }, tc: { kind: 'intact' } });
      const digest = digestOf(desiredState(snapshot));
      expect(digestOf(actual)).toBe(digest);
      const state = truth.db.selectFrom('gateway_state').select('last_digest');
      expect(await state.executeTakeFirst()).toEqual({ last_digest: digest });
    },
    [Symbol.asyncDispose]: () => context[Symbol.asyncDispose](),
  };
}

/** Whole numbers from 0 to below `limit`. */
function randomOf(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
