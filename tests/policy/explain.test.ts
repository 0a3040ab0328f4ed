/** `holdfast explain` in every state that a client can be in: the facts, the one sentence, the exit status, and no secret. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { explainClient } from '@holdfast/gateway-policy/explain';
import { changeConnection, provisionConnection, renewRadiusSecret } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { gateway, policyWorld } from '../support/policy-world.ts';
import { bins, runtimes } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

import { answerOf, claim, explain } from './explain-world.ts';

describe('explain on the recorded dataplane', () => {
  it('of a client that is as truth says agrees, by address, by id and by name, on both runtimes', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const id = await world.connect(10, 5_000);
    await world.run('apply');
    const agreed = { agreement: 'agrees', connection: { id }, addresses: ['10.77.0.10'], drift: [] };
    for (const [word, foundBy] of [
      ['10.77.0.10', 'address'],
      ['::ffff:10.77.0.10', 'address'],
      ['10.77.0.10/32', 'address'],
      [String(id), 'connection'],
      ['user-10', 'user'],
    ] as const) {
      expect(await answerOf(world, word)).toMatchObject({ foundBy, ...agreed });
    }
    for (const runtime of ['node', 'bun'] as const) {
      const { status, answers, text } = await explain(world.flags, '10.77.0.10', runtime);
      expect({ runtime, status, answers }).toMatchObject({ status: 0, answers: [agreed] });
      expect(text.trimEnd().endsWith(answers[0]?.because ?? '?')).toBe(true);
    }
    const { because, actual, desired, session, runs } = await answerOf(world, 'user-10');
    expect(because).toBe(
      `Connection ${id} (user-10) at 10.77.0.10 has traffic at 5Mbit down and no limit up because nothing restricts it and these are its limits in truth, and what is live is what truth says.`,
    );
    expect(actual).toMatchObject({ kind: 'read', dataplane: 'recorded', objects: desired?.objects });
    expect(session).toMatchObject({ standing: 'confirmed', gateway });
    expect(runs[0]).toMatchObject({ outcome: 'applied', error: null });
  });

  it('finds an IPv6 address in any spelling, asked and stored', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const id = await world.connect(10, 5_000);
    const locks = world.truth.db.updateTable('active_session_locks');
    await locks.set({ framed_ipv6: '2001:db8::a' }).where('vpn_connection_id', '=', id).execute();
    for (const word of ['2001:db8::a', '2001:DB8:0:0:0:0:0:A', '[2001:db8::000a]', '2001:db8::a/128']) {
      expect((await answerOf(world, word)).connection.id).toBe(id);
    }
    await locks.set({ framed_ipv6: '2001:DB8:0::0A' }).where('vpn_connection_id', '=', id).execute();
    expect((await answerOf(world, '2001:db8::a')).connection.id).toBe(id);
  });

  it('of a change that nobody has applied differs, and names the trigger that waits', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const id = await world.connect(10, 5_000);
    await world.run('apply');
    await world.shape(id, 9_000);
    const { agreement, because, drift, triggers, gateway: standing } = await answerOf(world, '10.77.0.10');
    expect(agreement).toBe('differs');
    expect((await explain(world.flags, '10.77.0.10')).status).toBe(2);
    expect(drift).toEqual([
      { layer: 'tc', object: expect.stringMatching(/^class /), expected: '9Mbit', actual: '5Mbit' },
    ]);
    expect(triggers[0]).toMatchObject({ reason: 'panel', isCovered: false });
    expect(standing).toMatchObject({ waiting: 1 });
    expect(because).toContain(
      'has traffic at 5Mbit down and no limit up, although truth wants traffic at 9Mbit',
    );
    expect(because).toContain(`trigger ${triggers[0]?.id} (panel) of `);
  });

  it('of a client with an exhausted quota names the quota, before and after it is applied', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const id = await world.connect(10, null);
    await world.run('apply');
    const event = { kind: 'restrict', reason: 'QUOTA' } as const;
    await changeConnection(world.truth, { vpnConnectionId: id, event, at: Date.now() });
    const before = await answerOf(world, '10.77.0.10');
    await world.run('apply');
    const after = await answerOf(world, '10.77.0.10');
    expect([before.agreement, after.agreement]).toEqual(['differs', 'agrees']);
    expect(before.because).toContain(
      'has traffic without a limit, although truth wants no traffic because it is restricted by QUOTA',
    );
    expect(after.because).toContain('has no traffic because it is restricted by QUOTA');
    expect(after.actual).toMatchObject({ effect: { forwards: 'none' } });
  });

  it('of a disabled connection, and of one whose customer is suspended, says which', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const at = Date.now();
    const [disabled, owned] = [await world.connect(10, null), await world.connect(11, null)];
    await changeConnection(world.truth, { vpnConnectionId: disabled, event: { kind: 'disable' }, at });
    const customerId = await claim(world.truth, owned);
    await world.truth.db
      .updateTable('customers')
      .set({ status: 'suspended' })
      .where('id', '=', customerId)
      .execute();
    await world.truth.db
      .updateTable('vpn_connections')
      .set({ restricted_effective: 1 })
      .where('id', '=', owned)
      .execute();
    await world.run('apply');
    expect((await answerOf(world, '10.77.0.10')).because).toContain('has no traffic because it is DISABLED');
    expect((await answerOf(world, '10.77.0.11')).because).toContain(
      'has no traffic because its customer is suspended',
    );
  });

  it('of a connection without a session tells why it has none', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const at = Date.now();
    const never = await world.truth.transaction((trx) =>
      provisionConnection(trx, { at, radiusUsername: 'never' }),
    );
    const ended = await world.connect(10, 5_000);
    const over = await world.connect(11, 5_000);
    await world.run('apply');
    await world.disconnect(ended);
    await world.truth.db
      .updateTable('active_session_locks')
      .set({ expires_at: '2026-01-01T00:00:00.000Z' as never })
      .where('vpn_connection_id', '=', over)
      .execute();

    const answers = {
      never: await answerOf(world, 'never'),
      ended: await answerOf(world, 'user-10'),
      over: await answerOf(world, 'user-11'),
    };
    expect(answers.never).toMatchObject({
      connection: { id: never.id },
      session: null,
      agreement: 'agrees',
    });
    expect(answers.never.because).toContain('nobody has connected with it');
    expect(answers.ended).toMatchObject({
      agreement: 'differs',
      session: { standing: 'released' },
      ended: [{ reason: 'user-request' }],
    });
    expect(answers.ended.because).toContain(
      '(user-request), which is not applied yet; what it had is still live',
    );
    expect(answers.over).toMatchObject({ agreement: 'differs', session: { standing: 'over' } });
    expect(answers.over.because).toContain('nobody has extended it');

    await world.run('apply');
    const gone = await answerOf(world, '10.77.0.10');
    expect(gone).toMatchObject({ foundBy: 'earlier-address', agreement: 'agrees' });
  });

  it('of an address that somebody else has now keeps the two apart', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const first = await world.connect(10, 5_000);
    await world.disconnect(first);
    const second = await world.connect(11, 7_000);
    const locks = world.truth.db.updateTable('active_session_locks');
    await locks
      .set({ framed_ip: '10.77.0.10', shaping_slot: 2 * 0x1_0000 + 1 })
      .where('vpn_connection_id', '=', second)
      .execute();
    await world.run('apply');
    expect(await answerOf(world, '10.77.0.10')).toMatchObject({
      agreement: 'agrees',
      connection: { id: second },
    });
    expect(await answerOf(world, 'user-10')).toMatchObject({ agreement: 'agrees', addresses: [], drift: [] });
  });

  it('of a gateway whose truth is invalid says whose row it is', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const [broken] = [await world.connect(10, 5_000), await world.connect(11, 5_000)];
    await world.run('apply');
    await world.truth.db
      .updateTable('active_session_locks')
      .set({ shaping_slot: null })
      .where('vpn_connection_id', '=', broken)
      .execute();
    await world.run('apply');
    const [own, other] = [await answerOf(world, 'user-10'), await answerOf(world, 'user-11')];
    expect([own.agreement, other.agreement]).toEqual(['differs', 'differs']);
    expect(own.because).toContain('shaping_slot null of its own row');
    expect(other.because).toContain('1 problem(s) of other rows');
    expect(own.runs[0]?.error).toMatchObject({ code: 'TRUTH_INVALID' });
  });

  it('of nobody ends with 65 and changes nothing', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const { truth, stateDir } = world;
    const nowhere = { gateway: undefined, netns: undefined, device: undefined } as const;
    const place = { ...nowhere, stateDir, dataplane: 'recorded', lockBackend: 'auto' } as const;
    for (const word of ['10.1.2.3', '2001:db8::99', '4711', 'nobody', '', "x' or '1'='1", '%']) {
      await expect(explainClient(word, { truth, place })).rejects.toMatchObject({ code: 'CLIENT_UNKNOWN' });
    }
    const { status, text } = await explain(world.flags, '10.1.2.3');
    expect(status).toBe(65);
    expect(text).toContain('CLIENT_UNKNOWN');
  });

  it('creates neither database nor directory', async () => {
    await using directory = await temporaryDirectory();
    const ask = (place: string) =>
      runProcess(runtimes.node, [bins.holdfast, 'explain', '--state-dir', place, '1']);
    const { status: inNone } = await ask(join(directory.path, 'nowhere'));
    const { status: inEmpty } = await ask(directory.path);
    expect({ inNone, inEmpty, made: await readdir(directory.path) }).toEqual({
      inNone: 69,
      inEmpty: 78,
      made: [],
    });
  });

  it('shows no secret, and personal data only when asked', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const { truth } = world;
    const id = await world.connect(10, 5_000);
    const customerId = await claim(truth, id);
    const secret = await truth.transaction((trx) => renewRadiusSecret(trx, id));
    await truth.db
      .updateTable('gateways')
      .set({ coa_secret: 'hunter2-of-the-nas', nas_profile: 'wispr' })
      .execute();
    const marked = { label: 'the laptop of Zoë', nt_hash: 'ab'.repeat(16) };
    await truth.db.updateTable('vpn_connections').set(marked).where('id', '=', id).execute();
    await truth.db
      .updateTable('active_session_locks')
      .set({ holder_token: 'token-of-the-holder', nas_ip: '192.0.2.1' })
      .execute();
    await world.run('apply');
    const [row] = await truth.db.selectFrom('vpn_connections').selectAll().where('id', '=', id).execute();
    const hidden = [
      secret,
      row?.radius_secret_hash,
      row?.token,
      row?.nt_hash,
      'hunter2-of-the-nas',
      'argon2-hash-of-a-password',
      'token-of-the-holder',
      'key-10',
    ];
    const plain = await explain(world.flags, 'user-10');
    const personal = await explain([...world.flags, '--show-personal'], 'user-10');
    for (const text of [plain.text, personal.text]) {
      expect(hidden.filter((word) => word === undefined || text.includes(String(word)))).toEqual([]);
    }
    expect(plain.text).not.toContain('zoe@example.com');
    expect(plain.text).not.toContain('laptop of');
    expect(plain.answers[0]?.customer).toEqual({ id: customerId, email: 'z…@e….com', status: 'active' });
    expect(personal.answers[0]?.customer?.email).toBe('zoe@example.com');
    expect(personal.answers[0]?.connection.label).toBe('the laptop of Zoë');
  });
});
