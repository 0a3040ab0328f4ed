/** `holdfast explain` where it looks beyond truth: at the kernel, at a NAS, at the lock, at the gateways of other machines. */
import { join } from 'node:path';
import { nasAttributesOf, nasMarkOf } from '@holdfast/gateway-policy';
import type { ClientAnswer } from '@holdfast/gateway-policy/explain';
import { LockRunner } from '@holdfast/lock-runner';
import { addGateway, migrate, openTruth } from '@holdfast/truth-db';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MariadbServer, startMariadbServer } from '../support/mariadb-server.ts';
import { emptyDatabase } from '../support/mariadb-truth.ts';
import { isMissing } from '../support/needs.ts';
import { addSessionDevices, createEmptyLab, labDevice } from '../support/network-lab.ts';
import { gateway, policyWorld } from '../support/policy-world.ts';
import { bins, runtimes } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

import { answerOf, connectAt, explain, makeLive } from './explain-world.ts';

describe('explain beside truth', () => {
  it('of a session whose NAS has not been told differs, and agrees when it has acknowledged', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const { truth } = world;
    const id = await world.connect(10, 5_000);
    await world.run('apply');
    await truth.db
      .updateTable('gateways')
      .set({ nas_profile: 'wispr', coa_secret: 'secret of the NAS' })
      .execute();
    await truth.db.insertInto('gateway_nas_addresses').values({ nas_ip: '192.0.2.1', gateway }).execute();
    const locks = truth.db.updateTable('active_session_locks').where('vpn_connection_id', '=', id);
    await locks.set({ nas_ip: '192.0.2.1', holder_token: 'token', acct_session_id: 'S1' }).execute();
    const untold = await answerOf(world, 'user-10');
    expect(untold).toMatchObject({
      agreement: 'differs',
      nas: { nasIp: '192.0.2.1', acknowledged: 'nothing' },
    });
    expect(untold.drift).toMatchObject([{ layer: 'radius', actual: 'not told yet' }]);
    expect(untold.because).toContain('its NAS 192.0.2.1 has yet to be told');

    const attributes = nasAttributesOf('wispr', { isRestricted: false, downKbit: 5_000, upKbit: null });
    await locks.set({ nas_applied: nasMarkOf(attributes) }).execute();
    const told = await answerOf(world, 'user-10');
    expect(told).toMatchObject({ agreement: 'agrees', drift: [], nas: { acknowledged: 'current' } });
    await world.shape(id, 6_000);
    expect(await answerOf(world, 'user-10')).toMatchObject({ nas: { acknowledged: 'other' } });
  });

  it('names who holds the policy lock', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await world.connect(10, 5_000);
    await world.run('apply');
    const runner = new LockRunner({ directory: join(world.stateDir, 'locks') });
    const { policyLock } = await runner.run(`policy:${gateway}`, { purpose: 'a test that holds' }, () =>
      answerOf(world, 'user-10'),
    );
    await runner.close();
    expect(policyLock.holder).toMatchObject({ pid: process.pid, purpose: 'a test that holds' });
  });
});

describe.skipIf(isMissing('root', 'nft'))('explain on the kernel', () => {
  it('agrees after an apply, and finds what somebody changes by hand', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    const { lab } = world;
    await world.connect(10, 5_000);
    await world.run('apply');
    const agreed = await answerOf(world, '10.77.0.10');
    expect({ agreement: agreed.agreement, drift: agreed.drift }).toEqual({ agreement: 'agrees', drift: [] });
    const classId =
      agreed.desired?.objects.find(({ object }) => object.startsWith('class '))?.object.slice(6) ?? '';

    lab?.run('tc', 'class', 'change', 'dev', labDevice, 'classid', classId, 'htb', 'rate', '1mbit');
    const shaped = await answerOf(world, '10.77.0.10');
    lab?.run('nft', 'add', 'element', 'inet', 'holdfast', 'restricted4', '{', '10.77.0.10', '}');
    const blocked = await answerOf(world, '10.77.0.10');
    expect([shaped.agreement, blocked.agreement]).toEqual(['differs', 'differs']);
    expect(shaped.because).toContain(
      'has traffic at 1Mbit down and no limit up, although truth wants traffic at 5Mbit',
    );
    expect(shaped.because).toContain('no trigger waits, so somebody else has changed it');
    expect(blocked.because).toContain('has no traffic, although truth wants traffic at 5Mbit');
    expect(blocked.drift.map(({ object }) => object)).toContain('restricted 10.77.0.10');

    lab?.run('nft', 'delete', 'table', 'inet', 'holdfast');
    const bare = await answerOf(world, '10.77.0.10');
    expect(bare.drift.map(({ object }) => object)).toContain('table inet holdfast');
    await world.run('reconcile');
    expect((await answerOf(world, '10.77.0.10')).agreement).toBe('agrees');
  });

  it('that this user may not read tells the rest', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    await world.connect(10, 5_000);
    await world.run('apply');
    const powerless = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', runtimes.node];
    const [program = '', ...args] = powerless;
    const command = [...args, bins.holdfast, 'explain', ...world.flags, '10.77.0.10', '--json'];
    const { status, stdout } = await runProcess(program, command);
    const { answers } = JSON.parse(stdout) as { readonly answers: readonly ClientAnswer[] };
    expect({ status, answers }).toMatchObject({
      status: 0,
      answers: [{ agreement: 'unknown', actual: { kind: 'unread' }, desired: { effect: { down: '5Mbit' } } }],
    });
    expect(answers[0]?.because).toContain('should have traffic at 5Mbit');
  });

  it('finds the TBF of a session that has a device of its own', async () => {
    using lab = createEmptyLab();
    addSessionDevices(lab, ['ppp0']);
    await using directory = await temporaryDirectory();
    await using truth = openTruth(`sqlite:${join(directory.path, 'truth.sqlite')}`);
    await migrate(truth);
    await truth.transaction(async (trx) => {
      await addGateway(trx, { name: 'bras', layout: 'per-interface', device: 'none0', shards: 1 });
      await connectAt(trx, { name: 'bras', user: 'pia', framedIp: '10.9.0.1', ifname: 'ppp0' });
    });
    const flags = ['--state-dir', directory.path, '--netns', lab.netns];
    const before = await explain(flags, 'pia');
    expect(before.answers[0]).toMatchObject({
      desired: { effect: { forwards: 'all', down: '3Mbit', up: '1Mbit' } },
    });
    expect(before.status).toBe(2);
    expect(before.answers[0]?.drift.map(({ object }) => object)).toContain('class ppp0');
    expect(before.answers[0]?.because).toContain('(ip-up) of ');

    await makeLive(truth, 'bras', lab.netns);
    const live = await explain(flags, 'pia');
    expect(live).toMatchObject({
      status: 0,
      answers: [{ actual: { effect: { down: '3Mbit', up: '1Mbit' } } }],
    });
    lab.run('ip', 'link', 'del', 'ppp0');
    const gone = await explain(flags, 'pia');
    expect(gone.answers[0]?.because).toContain('but its device ppp0 is not there');
  });
});

describe.skipIf(isMissing('mariadb'))('explain on MariaDB with several gateways', () => {
  let server: MariadbServer;

  beforeAll(async () => {
    server = await startMariadbServer();
  });

  afterAll(() => server?.[Symbol.asyncDispose]());

  it('looks at the gateway of this machine only, and at each with its own state', async () => {
    await using directory = await temporaryDirectory();
    const url = await emptyDatabase(server);
    await using truth = openTruth(url);
    await migrate(truth);
    await truth.transaction(async (trx) => {
      for (const [name, user] of [
        ['gw-a', 'ana'],
        ['gw-b', 'ben'],
      ] as const) {
        await addGateway(trx, { name, layout: 'shared-device', device: labDevice, shards: 1 });
        await connectAt(trx, { name, user, framedIp: '10.9.0.1', ifname: null });
      }
    });
    const flags = ['--state-dir', directory.path, '--database', url, '--dataplane', 'recorded'];
    await runProcess(runtimes.node, [bins.apply, ...flags, '--gateway', 'gw-a']);

    const both = await explain(flags, '10.9.0.1');
    expect(both.answers.map(({ gateway: at, agreement }) => [at?.name, agreement])).toEqual([
      ['gw-a', 'agrees'],
      ['gw-b', 'unknown'],
    ]);
    expect(both.status).toBe(0);
    expect(both.answers[1]?.actual).toMatchObject({ kind: 'unread' });
    const other = await explain([...flags, '--gateway', 'gw-b'], 'ben');
    expect(other).toMatchObject({
      status: 2,
      answers: [{ agreement: 'differs', gateway: { name: 'gw-b', waiting: 1 } }],
    });
  });
});
