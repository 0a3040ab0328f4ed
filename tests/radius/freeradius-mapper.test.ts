/**
 * The mapper behind a real FreeRADIUS, on MariaDB: what a NAS is answered, and what truth says afterwards. Packets come twice,
 * late, in another order, and again when their session is over.
 */

import { encodeTime } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { nasSecret, patient, startFreeradiusServer } from '../support/freeradius-server.ts';
import { grantRadiusAccount, speakTo } from '../support/holdfast-radius-sql.ts';
import { msChapLogin, ntHashOf } from '../support/ms-chap.ts';
import { isMissing } from '../support/needs.ts';
import { openRadiusClient } from '../support/radius-client.ts';
import type { Attributes } from '../support/radius-packet-codec.ts';
import { userPassword } from '../support/radius-world.ts';
import {
  acknowledged,
  addresses,
  asks,
  classOf,
  framed,
  laptop,
  mapperGround,
  phone,
  report,
  strangeNas,
  wrong,
} from './freeradius-mapper-ground.ts';
import { describeSessions } from './freeradius-session-contract.ts';

describe.skipIf(isMissing('freeradius', 'mariadb'))('the mapper behind FreeRADIUS', () => {
  const ground = mapperGround();
  const { site, someone, lockOf, triggersOf, until } = ground;

  it('accepts a right password, and takes the session for the device that asked', async () => {
    const { id, user } = await someone({ static_ip: '10.8.0.200' });
    const reply = await ground.nas.login(asks(user), userPassword);
    expect(reply).toMatchObject({
      kind: 'accept',
      isSigned: true,
      values: { 'Acct-Interim-Interval': [300], 'Framed-IP-Address': ['10.8.0.200'] },
    });
    expect(reply.kind === 'accept' && reply.names[0]).toBe('Message-Authenticator');
    expect(await lockOf(id)).toMatchObject({
      state: 'held',
      gateway: 'gw1',
      nas_ip: '127.0.0.1',
      session_key: `10.0.0.1|${phone}|${user}`,
      holder_token: classOf(reply).toString(),
      confirmed_at: null,
    });
  });

  it('another device is told that the connection is in use, and the same one gets in again', async () => {
    const { user } = await someone();
    const first = classOf(await ground.nas.login(asks(user), userPassword));
    const other = await ground.nas.login(asks(user, laptop), userPassword);
    expect(other).toMatchObject({ kind: 'reject', names: ['Message-Authenticator', 'Reply-Message'] });
    expect(classOf(await ground.nas.login(asks(user), userPassword))).toEqual(first);
  });

  const customers = { suspended: 'This account is suspended.', deleted: 'This account is closed.' } as const;

  it.each(Object.entries(customers))('a %s customer is rejected', async (status, text) => {
    const row = { email: `${status}@example.com`, password_hash: '!', created_at: encodeTime(0), status };
    const { insertId } = await ground.world.truth.db
      .insertInto('customers')
      .values(row as never)
      .executeTakeFirstOrThrow();
    const { id, user } = await someone({ customer_id: Number(insertId), status: 'CLAIMED' });
    const reply = await ground.nas.login(asks(user), userPassword);
    expect(reply).toMatchObject({ kind: 'reject', values: { 'Reply-Message': [text] } });
    expect(await lockOf(id)).toBeUndefined();
  });

  it('a disabled connection is rejected', async () => {
    const { id, user } = await someone({ status: 'DISABLED' });
    const reply = await ground.nas.login(asks(user), userPassword);
    expect(reply).toMatchObject({ values: { 'Reply-Message': ['This connection is disabled.'] } });
    expect(await lockOf(id)).toBeUndefined();
  });

  it('an unknown user and a wrong password read the same', async () => {
    const { id, user } = await someone();
    const replies = [
      await ground.nas.login(asks('nobody'), userPassword),
      await ground.nas.login(asks(user), 'wrong'),
    ];
    for (const reply of replies) {
      expect(reply).toMatchObject({ kind: 'reject', values: { 'Reply-Message': [wrong] } });
    }
    expect(await lockOf(id)).toBeUndefined();
  });

  it('a request without a device, and one of a NAS that truth does not know, are rejected', async () => {
    const { id, user } = await someone();
    expect(await ground.nas.login([['User-Name', user]], userPassword)).toMatchObject({ kind: 'reject' });
    await using stranger = await openRadiusClient(site().radius, strangeNas);
    expect(await stranger.login(asks(user), userPassword)).toMatchObject({ kind: 'reject' });
    expect(await lockOf(id)).toBeUndefined();
  });

  const profiles = [
    {
      profile: 'filter',
      open: { 'Filter-Id': ['holdfast-open'] },
      shut: { 'Filter-Id': ['holdfast-restricted'] },
    },
    {
      profile: 'wispr',
      open: {
        'Filter-Id': ['holdfast-open'],
        'WISPr-Bandwidth-Max-Down': [10_000_000],
        'WISPr-Bandwidth-Max-Up': [2_000_000],
      },
      shut: { 'Filter-Id': ['holdfast-restricted'] },
    },
    {
      profile: 'mikrotik',
      open: { 'Filter-Id': ['holdfast-open'], 'Mikrotik-Rate-Limit': ['2000k/10000k'] },
      shut: { 'Filter-Id': ['holdfast-restricted'] },
    },
    { profile: 'strongswan', open: {}, shut: {} },
  ] as const;

  it.each(profiles)('a NAS of the profile $profile is told rate and filter in its words', async (row) => {
    await using client = await openRadiusClient(site().radius, addresses[row.profile]);
    const { user } = await someone();
    expect(await client.login(asks(user), userPassword)).toMatchObject({ kind: 'accept', values: row.open });
    const restricted = await someone({ restricted_reason: 'QUOTA', restricted_effective: 1 });
    expect(await client.login(asks(restricted.user), userPassword)).toMatchObject({
      kind: 'accept',
      values: row.shut,
    });
  });

  it('MS-CHAPv2 is accepted for a connection that has an NT hash, and takes the same session', async () => {
    const { id, user } = await someone({ nt_hash: await ntHashOf(userPassword) });
    const login = await msChapLogin(user, userPassword);
    const reply = await ground.nas.login([...asks(user), ...login.attributes]);
    expect(reply.kind === 'accept' && login.isSuccess(reply.values['MS-CHAP2-Success']?.[0])).toBe(true);
    expect((await lockOf(id))?.holder_token).toBe(classOf(reply).toString());
    const other = await ground.nas.login([
      ...asks(user, laptop),
      ...(await msChapLogin(user, userPassword)).attributes,
    ]);
    expect(other).toMatchObject({ kind: 'reject', names: ['Message-Authenticator', 'Reply-Message'] });
  });

  it('MS-CHAPv2 with a wrong password, or without an NT hash, takes nothing', async () => {
    const has = await someone({ nt_hash: await ntHashOf(userPassword) });
    const hasNot = await someone();
    const bad = await ground.nas.login([
      ...asks(has.user),
      ...(await msChapLogin(has.user, 'wrong')).attributes,
    ]);
    const none = await ground.nas.login([
      ...asks(hasNot.user),
      ...(await msChapLogin(hasNot.user, userPassword)).attributes,
    ]);
    expect([bad.kind, none.kind]).toEqual(['reject', 'reject']);
    expect([await lockOf(has.id), await lockOf(hasNot.id)]).toEqual([undefined, undefined]);
  });

  describeSessions(ground);

  it('a name that is no UTF-8, or as long as it can be, is an unknown user', async () => {
    for (const name of [Buffer.from([0x75, 0xff, 0xfe]), Buffer.alloc(253, 0xe9), Buffer.alloc(253, 'x')]) {
      const login: Attributes = [['User-Name', name], ...asks('').slice(1)];
      const reply = await ground.nas.login(login, userPassword);
      expect(reply).toMatchObject({ kind: 'reject', values: { 'Reply-Message': [wrong] } });
    }
  });

  it('a session whose grant came too late is given back, and another device gets in', async () => {
    const { user } = await someone();
    process.kill(site().mapper.pid, 'SIGSTOP');
    const reply = await ground.nas.login(asks(user), userPassword).finally(() => {
      process.kill(site().mapper.pid, 'SIGCONT');
    });
    expect(reply).toMatchObject({ kind: 'reject' });
    let other = await ground.nas.login(asks(user, laptop), userPassword);
    // At the latest the pending session would end by itself, which is later than this test may take.
    while (other.kind === 'reject') other = await ground.nas.login(asks(user, laptop), userPassword);
    expect(other).toMatchObject({ kind: 'accept' });
  });

  it('accounting of the time when the mapper was away ends the session that it was about', async () => {
    const { id, user } = await someone();
    const holder = classOf(await ground.nas.login(asks(user), userPassword));
    await site().mapper.kill();
    expect(await ground.nas.login(asks(user), userPassword)).toMatchObject({ kind: 'reject' });
    expect(await ground.nas.account(report('Start', { user, holder, more: framed(id) }))).toMatchObject(
      acknowledged,
    );
    expect(await ground.nas.account(report('Stop', { user, holder }))).toMatchObject(acknowledged);
    expect(await lockOf(id)).toMatchObject({ state: 'held' });
    await site().restartMapper();
    await until(id, (lock) => lock?.state === 'released');
    expect(await triggersOf(id)).toEqual(['session-start', 'session-end']);
  });

  it('forty devices at once, half of them at a FreeRADIUS in degraded mode, get one session', async () => {
    await grantRadiusAccount(ground.world.server, 'holdfast');
    await using degraded = await startFreeradiusServer({
      mapper: 'http://127.0.0.1:1',
      mapperSecret: site().mapper.secret,
      options: { ...patient, degraded: 'yes' },
      hasSql: true,
      edit: speakTo(ground.world.server, 'holdfast'),
    });
    await using other = await openRadiusClient(degraded);
    for (let round = 0; round < 5; round += 1) {
      const { id, user } = await someone();
      const stations = Array.from({ length: 40 }, (_, place) => `10.9.0.${place}`);
      const logins = stations.map((station, place) =>
        (place % 2 === 0 ? ground.nas : other).login(asks(user, station), userPassword),
      );
      const replies = await Promise.all(logins);
      const [accepted, ...more] = replies.filter(({ kind }) => kind === 'accept');
      expect(more).toEqual([]);
      expect((await lockOf(id))?.holder_token).toBe(accepted && classOf(accepted).toString());
    }
  });

  it('no log has a password or the secret of the mapper', () => {
    const { mapper, radius } = site();
    for (const log of [mapper.log(), radius.log()]) {
      expect(log).not.toContain(userPassword);
      expect(log).not.toContain(mapper.secret);
      expect(log).not.toContain(nasSecret);
    }
  });
});
