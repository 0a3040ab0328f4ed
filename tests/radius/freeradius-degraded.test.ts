/**
 * The degraded mode on a real MariaDB: while the mapper cannot be asked, FreeRADIUS takes sessions by SQL, with the rights
 * that are shipped for it. The guard is the mapper's, what it writes is a session to truth-db, and one device gets in.
 */
import { encodeTime, expireSessions, releaseSession, sessionKeyOf } from '@holdfast/truth-db';
import { createConnection } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { radiusAccount, speakTo } from '../support/holdfast-radius-sql.ts';
import { msChapLogin, ntHashOf } from '../support/ms-chap.ts';
import { isMissing } from '../support/needs.ts';
import { openRadiusClient, type RadiusClient } from '../support/radius-client.ts';
import type { Attributes } from '../support/radius-packet-codec.ts';
import { asks, degradedGround, device, hourMs, password, strangeNas, tokenOf } from './degraded-ground.ts';
import { refusal } from './mapper-double.ts';

describe.skipIf(isMissing('freeradius', 'mariadb'))('the degraded mode', () => {
  const ground = degradedGround();
  const { start, connection, lockOf, endedOf, begin } = ground;

  it('takes a session that truth-db confirms by the token of its Class, ends and expires', async () => {
    const { id, user } = await connection({ static_ip: '10.8.0.250' });
    const reply = await ground.nas.login(asks(user), password);
    const token = tokenOf(reply);
    expect(reply).toMatchObject({
      names: ['Message-Authenticator', 'Class', 'Session-Timeout', 'Filter-Id', 'Framed-IP-Address'],
      values: {
        'Session-Timeout': [1_800],
        'Filter-Id': ['holdfast-open'],
        'Framed-IP-Address': ['10.8.0.250'],
      },
    });
    const lock = await lockOf(id);
    expect(lock).toMatchObject({
      state: 'held',
      gateway: 'gw1',
      nas_ip: '127.0.0.1',
      holder_token: token,
      confirmed_at: null,
      request_vector: expect.stringMatching(/^0x[0-9a-f]{32}$/),
    });
    const heldMs = Date.parse(lock?.expires_at ?? '') - Date.parse(lock?.acquired_at ?? '');
    expect(heldMs, 'outlives its Session-Timeout').toBe(1_860_000);
    expect(await begin(id, token)).toMatchObject({ kind: 'confirmed' });
    const stopped = { vpnConnectionId: id, holder: { holderToken: token }, reason: 'user-request' };
    expect(
      await ground.truth.transaction((trx) => releaseSession(trx, { ...stopped, at: Date.now() })),
    ).toMatchObject({ kind: 'released' });
    tokenOf(await ground.nas.login(asks(user), password));
    const later = Date.now() + 3 * hourMs;
    await ground.truth.transaction((trx) => expireSessions(trx, { at: later }));
    expect(await lockOf(id)).toMatchObject({ state: 'released', release_reason: 'expired' });
  });

  it('another device is refused, and the same one has the same session', async () => {
    const { id, user } = await connection();
    const token = tokenOf(await ground.nas.login(asks(user), password));
    const other = await ground.nas.login(asks(user, '203.0.113.10'), password);
    expect(other).toMatchObject({
      kind: 'reject',
      values: { 'Reply-Message': ['This connection is in use by another device.'] },
    });
    expect(tokenOf(await ground.nas.login(asks(user), password))).toBe(token);
    await begin(id, token);
    const again = tokenOf(await ground.nas.login(asks(user), password));
    expect(again).not.toBe(token);
    expect(await endedOf(id)).toMatchObject([
      {
        holder_token: token,
        release_reason: 'reconnected',
        nas_disconnect: 'due',
        framed_ip: `10.8.0.${id}`,
      },
    ]);
    expect(await lockOf(id)).toMatchObject({ holder_token: again, framed_ip: null, confirmed_at: null });
  });

  it('a session whose time is over is taken over, and remembered as expired', async () => {
    const { id, user } = await connection();
    const token = tokenOf(await ground.nas.login(asks(user), password));
    const past = encodeTime(Date.now() - 1_000);
    await ground.truth.db
      .updateTable('active_session_locks')
      .set({ expires_at: past })
      .where('vpn_connection_id', '=', id)
      .execute();
    const next = tokenOf(await ground.nas.login(asks(user, '203.0.113.10'), password));
    expect(await endedOf(id)).toMatchObject([{ holder_token: token, release_reason: 'expired' }]);
    expect(await lockOf(id)).toMatchObject({ holder_token: next, state: 'held' });
  });

  const refused: readonly (readonly [string, () => Promise<{ readonly user: string }>, string])[] = [
    ['a disabled connection', () => connection({ status: 'DISABLED' }), 'This connection is disabled.'],
    ['a suspended customer', () => connection({}, 'suspended'), 'This account is suspended.'],
    ['a deleted customer', () => connection({}, 'deleted'), 'This account is closed.'],
    ['nobody of that name', async () => ({ user: 'nobody' }), 'The user name or the password is wrong.'],
  ];

  it.each(refused)('%s gets no session and is told why', async (_name, make, text) => {
    const reply = await ground.nas.login(asks((await make()).user), password);
    expect(reply).toMatchObject({ kind: 'reject', values: { 'Reply-Message': [text] } });
  });

  it('a wrong password takes no session and reads like an unknown name', async () => {
    const { id, user } = await connection();
    const reply = await ground.nas.login(asks(user), 'wrong');
    expect(reply).toMatchObject({
      kind: 'reject',
      values: { 'Reply-Message': ['The user name or the password is wrong.'] },
    });
    expect(await lockOf(id)).toBeUndefined();
  });

  it('a NAS of no gateway gets no session', async () => {
    const { id, user } = await connection();
    await using client = await openRadiusClient(ground.server, strangeNas);
    expect(await client.login(asks(user), password)).toMatchObject({ kind: 'reject' });
    expect(await lockOf(id)).toBeUndefined();
  });

  it('a restricted connection is admitted with the filter that says so', async () => {
    const restricted = { restricted_reason: 'QUOTA' as const, restricted_effective: 1 as const };
    const { user } = await connection(restricted, 'active');
    const reply = await ground.nas.login(asks(user), password);
    expect(reply).toMatchObject({ kind: 'accept', values: { 'Filter-Id': ['holdfast-restricted'] } });
  });

  it('MS-CHAPv2 is checked against the stored hash', async () => {
    const { id, user } = await connection({ nt_hash: await ntHashOf(password) });
    const wrong = await ground.nas.login([...asks(user), ...(await msChapLogin(user, 'wrong')).attributes]);
    expect(wrong).toMatchObject({ kind: 'reject' });
    expect(await lockOf(id)).toBeUndefined();
    const right = await ground.nas.login([...asks(user), ...(await msChapLogin(user, password)).attributes]);
    expect(await lockOf(id)).toMatchObject({ holder_token: tokenOf(right) });
  });

  it('a refusal of the mapper stands', async () => {
    const { id, user } = await connection();
    ground.answers(refusal);
    expect(await ground.nas.login(asks(user), password)).toMatchObject({
      values: { 'Reply-Message': ['Not now'] },
    });
    ground.answers({ status: 200, body: {} });
    expect(await ground.nas.login(asks(user), password)).toMatchObject({ kind: 'reject' });
    expect(await lockOf(id)).toBeUndefined();
  });

  it('a mapper that is silent is not waited for twice', async () => {
    const { id, user } = await connection();
    ground.answers('hangs');
    const from = ground.mapper.asked.length;
    expect(await lockOf(id)).toBeUndefined();
    tokenOf(await ground.nas.login(asks(user), password));
    expect(ground.mapper.asked.slice(from).map(({ path }) => path)).toEqual(['/v1/login']);
  });

  const stations = ['AA-BB-CC-00-11-22', 'aabb.cc00.1122', '198.51.100.7[4500]', '198.51.100.7', 'any-text'];

  it.each(stations)('the session key for %s is the one of truth-db', async (callingStationId) => {
    const { id, user } = await connection();
    tokenOf(await ground.nas.login(asks(user, callingStationId), password));
    const key = sessionKeyOf({ nasIpAddress: '10.0.0.1', callingStationId, userName: user });
    expect((await lockOf(id))?.session_key).toBe(key);
  });

  const hostile = [
    "x' or '1'='1",
    'a|b',
    'a%b',
    'a#b',
    'a\\b',
    '"; drop table customers; --',
    'é',
    'x'.repeat(253),
  ];

  it.each(hostile)('%s as a name or as a station is a text, and gets nobody in', async (text) => {
    const { id, user } = await connection();
    expect(await ground.nas.login(asks(text), password)).toMatchObject({ kind: 'reject' });
    const { kind } = await ground.nas.login(asks(user, text), password);
    const lock = await lockOf(id);
    expect(kind).toBe(lock === undefined ? 'reject' : 'accept');
    const expected = { nasIpAddress: '10.0.0.1', callingStationId: text, userName: user };
    if (lock !== undefined) expect(lock.session_key).toBe(sessionKeyOf(expected));
  });

  it('accounting prolongs a session while the mapper is away, for its holder alone', async () => {
    const { id, user } = await connection();
    const token = tokenOf(await ground.nas.login(asks(user), password));
    const soon = encodeTime(Date.now() + 60_000);
    const shorten = () =>
      ground.truth.db
        .updateTable('active_session_locks')
        .set({ expires_at: soon })
        .where('vpn_connection_id', '=', id)
        .execute();
    const report = (status: number, holder: string, caller: string): Attributes => [
      ...asks(user, caller),
      ['Acct-Status-Type', status],
      ['Acct-Session-Id', 's'],
      ['Class', Buffer.from(holder)],
    ];
    await shorten();
    const stranger = '00000000-0000-4000-a000-000000000000';
    expect(await ground.nas.account(report(3, stranger, '203.0.113.77'))).toMatchObject({
      kind: 'acknowledged',
    });
    expect((await lockOf(id))?.expires_at).toBe(soon);
    expect(await ground.nas.account(report(2, token, device))).toMatchObject({ kind: 'acknowledged' });
    expect((await lockOf(id))?.expires_at, 'a Stop prolongs nothing').toBe(soon);
    expect(await ground.nas.account(report(3, token, device))).toMatchObject({ kind: 'acknowledged' });
    expect(Date.parse((await lockOf(id))?.expires_at ?? '')).toBeGreaterThan(Date.parse(soon));
    expect(ground.server.spooled()).toContain('Interim-Update');
  });

  const crowd = async (client: RadiusClient, user: string, network = '10.9.0') => {
    const stations = Array.from({ length: 40 }, (_, place) => `${network}.${place}`);
    const logins = stations.map((station) => client.login(asks(user, station), password));
    return (await Promise.all(logins)).filter(({ kind }) => kind === 'accept').length;
  };

  it('forty devices at once get one session', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { id, user } = await connection();
      expect(await crowd(ground.nas, user)).toBe(1);
      await begin(id, (await lockOf(id))?.holder_token ?? '');
      expect(await crowd(ground.nas, user, '10.9.1')).toBe(0);
    }
  });

  it('forty devices are more than one where who has it is not read back', async () => {
    const guard = " AND request_vector = '%{Packet-Authentication-Vector}' AND expires_at";
    const whose = ` AND session_key = CONVERT(X'%{hex:&control:Tmp-String-3}' USING utf8mb4)${guard}`;
    const edit = speakTo(ground.maria, ground.database);
    await using broken = await start((path, text) => {
      if (path !== 'policy.d/holdfast_sql') return edit(path, text);
      expect(text).toContain(whose);
      return text.replace(whose, ' AND expires_at');
    });
    await using client = await openRadiusClient(broken);
    const { user } = await connection();
    expect(await crowd(client, user)).toBeGreaterThan(1);
  });

  it('its account reads no password of a customer and deletes nothing', async () => {
    const account = await createConnection({
      ...radiusAccount,
      port: ground.maria.port ?? 0,
      host: '127.0.0.1',
      database: ground.database,
    });
    try {
      for (const statement of [
        'select password_hash from customers',
        'select email from customers',
        'select token from vpn_connections',
        'select coa_secret from gateways',
        "update vpn_connections set status = 'DISABLED'",
        'delete from active_session_locks',
        'delete from released_sessions',
      ])
        await expect(account.query(statement)).rejects.toMatchObject({
          code: expect.stringMatching(/ACCESS_DENIED/),
        });
    } finally {
      await account.end();
    }
  });

  it('nobody gets in while the database is away too', async () => {
    const { user } = await connection();
    await ground.maria.stop();
    const reply = await ground.nas.login(asks(user), password);
    expect(reply).toMatchObject({
      kind: 'reject',
      values: { 'Reply-Message': ['Service temporarily unavailable.'] },
    });
    await ground.maria.start();
    let again = await ground.nas.login(asks(user), password);
    // It tries a new connection once a second.
    while (again.kind === 'reject') again = await ground.nas.login(asks(user), password);
    tokenOf(again);
  });
});
