/**
 * The mapper behind a real FreeRADIUS, on MariaDB: what a NAS is answered, and what truth says afterwards. Packets come twice,
 * late, in another order, and again when their session is over.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { addGateway, encodeTime, type NasProfile } from '@holdfast/truth-db';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nasSecret, patient, startFreeradiusServer } from '../support/freeradius-server.ts';
import { grantRadiusAccount, speakTo } from '../support/holdfast-radius-sql.ts';
import { msChapLogin, ntHashOf } from '../support/ms-chap.ts';
import { isMissing } from '../support/needs.ts';
import { openRadiusClient, type RadiusClient, type RadiusReply } from '../support/radius-client.ts';
import { type Attributes, encodeRadius, statusTypes } from '../support/radius-packet-codec.ts';
import { type RadiusWorld, radiusWorld, userPassword } from '../support/radius-world.ts';

const users = 60;
/** A NAS of each kind, and one that truth does not know, beside the one at 127.0.0.1. */
const addresses: Readonly<Record<NasProfile, string>> = {
  filter: '127.0.0.11',
  wispr: '127.0.0.12',
  mikrotik: '127.0.0.13',
  strongswan: '127.0.0.14',
};
const strangeNas = '127.0.0.15';
const rebootingNas = '127.0.0.16';
const clients = `client others {\n  ipaddr = 127.0.0.0/8\n  secret = "${nasSecret}"\n}`;
const phone = '203.0.113.9';
const laptop = '203.0.113.10';
const wrong = 'The user name or the password is wrong.';

describe.skipIf(isMissing('freeradius', 'mariadb'))('the mapper behind FreeRADIUS', () => {
  let world: RadiusWorld;
  let nas: RadiusClient;
  let made = 0;

  beforeAll(async () => {
    world = await radiusWorld({
      sites: 1,
      users,
      mapper: { args: ['--client-timeout', '3s'] },
      radius: { clients, options: { ...patient, mschap: 'yes' } },
    });
    await world.truth.transaction(async (trx) => {
      const places = Object.entries(addresses) as readonly (readonly [NasProfile, string])[];
      for (const [nasProfile, address] of places) {
        const gateway = { name: nasProfile, layout: 'shared-device', device: 'wg1' } as const;
        await addGateway(trx, { ...gateway, nasProfile, nasAddresses: [address] });
      }
      const gateway = { name: 'rebooting', layout: 'shared-device', device: 'wg2' } as const;
      await addGateway(trx, { ...gateway, nasAddresses: [rebootingNas] });
    });
    nas = await openRadiusClient(site().radius);
    // It reads the addresses of NASes once in a while, all of them.
    await using last = await openRadiusClient(site().radius, rebootingNas);
    const isKnown = (reply: RadiusReply) =>
      reply.kind !== 'none' && reply.values['Reply-Message']?.[0] === wrong;
    while (!isKnown(await last.login(asks('nobody'), userPassword))) await delay(50);
  });

  afterAll(async () => {
    await nas?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  const site = () => {
    const [first] = world.sites;
    if (first === undefined) throw new Error('a world without a site');
    return first;
  };
  /** A connection that no other test has. */
  const someone = async (row: object = {}) => {
    made += 1;
    const id = made;
    const user = `user${id - 1}`;
    if (Object.keys(row).length > 0)
      await world.truth.db.updateTable('vpn_connections').set(row).where('id', '=', id).execute();
    return { id, user };
  };
  const asks = (user: string, caller = phone): Attributes => [
    ['User-Name', user],
    ['NAS-IP-Address', '10.0.0.1'],
    ['Calling-Station-Id', caller],
  ];
  const classOf = (reply: RadiusReply): Buffer => {
    if (reply.kind !== 'accept') throw new Error(`the login was ${JSON.stringify(reply)}`);
    return Buffer.from(String(reply.values.Class?.[0]), 'hex');
  };
  const lockOf = (id: number) =>
    world.truth.db
      .selectFrom('active_session_locks')
      .selectAll()
      .where('vpn_connection_id', '=', id)
      .executeTakeFirst();
  const triggersOf = async (id: number) =>
    (
      await world.truth.db
        .selectFrom('policy_triggers')
        .select('reason')
        .where('vpn_connection_id', '=', id)
        .orderBy('id')
        .execute()
    ).map(({ reason }) => reason);
  const report = (
    status: keyof typeof statusTypes,
    {
      user,
      caller = phone,
      session = 's1',
      holder,
      more = [],
    }: {
      readonly user: string;
      readonly caller?: string;
      readonly session?: string;
      readonly holder?: Buffer;
      readonly more?: Attributes;
    },
  ): Attributes => [
    ...asks(user, caller),
    ['Acct-Status-Type', statusTypes[status]],
    ['Acct-Session-Id', session],
    ...(holder === undefined ? [] : ([['Class', holder]] as const)),
    ...more,
  ];
  const framed = (id: number): Attributes => [['Framed-IP-Address', `10.8.0.${id}`]];
  const acknowledged = { kind: 'acknowledged' };
  /** Until truth says so: accounting may be spooled on its way. */
  const until = async (id: number, fits: (lock: Awaited<ReturnType<typeof lockOf>>) => boolean) => {
    for (;;) {
      const lock = await lockOf(id);
      if (fits(lock)) return lock;
      await delay(10);
    }
  };

  it('accepts a right password, and takes the session for the device that asked', async () => {
    const { id, user } = await someone({ static_ip: '10.8.0.200' });
    const reply = await nas.login(asks(user), userPassword);
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
    const first = classOf(await nas.login(asks(user), userPassword));
    const other = await nas.login(asks(user, laptop), userPassword);
    expect(other).toMatchObject({ kind: 'reject', names: ['Message-Authenticator', 'Reply-Message'] });
    expect(classOf(await nas.login(asks(user), userPassword))).toEqual(first);
  });

  const customers = { suspended: 'This account is suspended.', deleted: 'This account is closed.' } as const;

  it.each(Object.entries(customers))('a %s customer is rejected', async (status, text) => {
    const row = { email: `${status}@example.com`, password_hash: '!', created_at: encodeTime(0), status };
    const { insertId } = await world.truth.db
      .insertInto('customers')
      .values(row as never)
      .executeTakeFirstOrThrow();
    const { id, user } = await someone({ customer_id: Number(insertId), status: 'CLAIMED' });
    const reply = await nas.login(asks(user), userPassword);
    expect(reply).toMatchObject({ kind: 'reject', values: { 'Reply-Message': [text] } });
    expect(await lockOf(id)).toBeUndefined();
  });

  it('a disabled connection is rejected', async () => {
    const { id, user } = await someone({ status: 'DISABLED' });
    const reply = await nas.login(asks(user), userPassword);
    expect(reply).toMatchObject({ values: { 'Reply-Message': ['This connection is disabled.'] } });
    expect(await lockOf(id)).toBeUndefined();
  });

  it('an unknown user and a wrong password read the same', async () => {
    const { id, user } = await someone();
    const replies = [await nas.login(asks('nobody'), userPassword), await nas.login(asks(user), 'wrong')];
    for (const reply of replies) {
      expect(reply).toMatchObject({ kind: 'reject', values: { 'Reply-Message': [wrong] } });
    }
    expect(await lockOf(id)).toBeUndefined();
  });

  it('a request without a device, and one of a NAS that truth does not know, are rejected', async () => {
    const { id, user } = await someone();
    expect(await nas.login([['User-Name', user]], userPassword)).toMatchObject({ kind: 'reject' });
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
    const reply = await nas.login([...asks(user), ...login.attributes]);
    expect(reply.kind === 'accept' && login.isSuccess(reply.values['MS-CHAP2-Success']?.[0])).toBe(true);
    expect((await lockOf(id))?.holder_token).toBe(classOf(reply).toString());
    const other = await nas.login([
      ...asks(user, laptop),
      ...(await msChapLogin(user, userPassword)).attributes,
    ]);
    expect(other).toMatchObject({ kind: 'reject', names: ['Message-Authenticator', 'Reply-Message'] });
  });

  it('MS-CHAPv2 with a wrong password, or without an NT hash, takes nothing', async () => {
    const has = await someone({ nt_hash: await ntHashOf(userPassword) });
    const hasNot = await someone();
    const bad = await nas.login([...asks(has.user), ...(await msChapLogin(has.user, 'wrong')).attributes]);
    const none = await nas.login([
      ...asks(hasNot.user),
      ...(await msChapLogin(hasNot.user, userPassword)).attributes,
    ]);
    expect([bad.kind, none.kind]).toEqual(['reject', 'reject']);
    expect([await lockOf(has.id), await lockOf(hasNot.id)]).toEqual([undefined, undefined]);
  });

  it('a session begins with its Start, lives by its updates and ends with its Stop', async () => {
    const { id, user } = await someone();
    const holder = classOf(await nas.login(asks(user), userPassword));
    const pending = await lockOf(id);
    const events = { user, holder, more: framed(id) };
    expect(await nas.account(report('Start', events))).toMatchObject(acknowledged);
    const begun = await until(id, (lock) => lock?.confirmed_at !== null);
    expect(begun).toMatchObject({ framed_ip: `10.8.0.${id}`, acct_session_id: 's1' });
    expect(Date.parse(begun?.expires_at ?? '')).toBeGreaterThan(Date.parse(pending?.expires_at ?? ''));
    expect(await nas.account(report('Interim-Update', events))).toMatchObject(acknowledged);
    expect(
      await nas.account(report('Stop', { ...events, more: [['Acct-Terminate-Cause', 1]] })),
    ).toMatchObject(acknowledged);
    await until(id, (lock) => lock?.state === 'released');
    expect(await triggersOf(id)).toEqual(['session-start', 'session-end']);
    expect(classOf(await nas.login(asks(user, laptop), userPassword))).not.toEqual(holder);
  });

  it('a Start that comes after its Stop begins nothing', async () => {
    const { id, user } = await someone();
    const holder = classOf(await nas.login(asks(user), userPassword));
    await nas.account(report('Stop', { user, holder }));
    await until(id, (lock) => lock?.state === 'released');
    await nas.account(report('Start', { user, holder, more: framed(id) }));
    await nas.account(report('Interim-Update', { user, holder, more: framed(id) }));
    expect(await lockOf(id)).toMatchObject({ state: 'released' });
  });

  it('a Stop of a session that was taken over does not release its successor', async () => {
    const { id, user } = await someone();
    const first = classOf(await nas.login(asks(user), userPassword));
    await nas.account(report('Start', { user, holder: first, more: framed(id) }));
    const past = encodeTime(Date.now() - 1_000);
    await world.truth.db
      .updateTable('active_session_locks')
      .set({ expires_at: past })
      .where('vpn_connection_id', '=', id)
      .execute();
    const second = classOf(await nas.login(asks(user, laptop), userPassword));
    expect(second).not.toEqual(first);
    const start = { user, holder: second, caller: laptop, session: 's2', more: framed(id) };
    await nas.account(report('Start', start));
    for (const holder of [first, undefined]) {
      const stop = { user, ...(holder === undefined ? {} : { holder }) };
      expect(await nas.account(report('Stop', stop))).toMatchObject(acknowledged);
    }
    expect(await lockOf(id)).toMatchObject({ state: 'held', holder_token: second.toString() });
  });

  it('an old Stop that is sent again, byte for byte, ends nothing of today', async () => {
    const { id, user } = await someone();
    const first = classOf(await nas.login(asks(user), userPassword));
    await nas.account(report('Start', { user, holder: first, more: framed(id) }));
    const attributes = report('Stop', { user, holder: first });
    const stop = encodeRadius({ kind: 'accounting', secret: nasSecret, identifier: 250, attributes });
    await nas.send(stop, 'acct');
    await until(id, (lock) => lock?.state === 'released');
    const second = classOf(await nas.login(asks(user), userPassword));
    await nas.account(report('Start', { user, holder: second, session: 's2', more: framed(id) }));
    // From another port, or FreeRADIUS would recognise it by itself.
    await using replayer = await openRadiusClient(site().radius);
    expect(await replayer.send(stop, 'acct')).toMatchObject(acknowledged);
    expect(await lockOf(id)).toMatchObject({ state: 'held', holder_token: second.toString() });
  });

  it('a login that is sent again, byte for byte, changes nothing of the session that it began', async () => {
    const { id, user } = await someone();
    const base = { kind: 'access', secret: nasSecret, identifier: 251, password: userPassword } as const;
    const packet = encodeRadius({ ...base, attributes: asks(user) });
    const holder = classOf(await nas.send(packet, 'auth'));
    await nas.account(report('Start', { user, holder, more: framed(id) }));
    const begun = await until(id, (lock) => lock?.confirmed_at !== null);
    await using replayer = await openRadiusClient(site().radius);
    expect(classOf(await replayer.send(packet, 'auth'))).toEqual(holder);
    expect(await lockOf(id)).toEqual(begun);
  });

  it('a Start without a login before it is the session where nobody has it, and is not where somebody has', async () => {
    const free = await someone();
    const event = { user: free.user, session: 'adopted', more: framed(free.id) };
    expect(await nas.account(report('Start', event))).toMatchObject(acknowledged);
    expect(await until(free.id, (lock) => lock !== undefined)).toMatchObject({
      state: 'held',
      acct_session_id: 'adopted',
    });
    const held = await someone();
    const holder = classOf(await nas.login(asks(held.user), userPassword));
    await nas.account(report('Start', { user: held.user, holder, more: framed(held.id) }));
    const intruder = { user: held.user, caller: laptop, session: 'intruder' };
    expect(await nas.account(report('Start', intruder))).toMatchObject(acknowledged);
    expect(await lockOf(held.id)).toMatchObject({ holder_token: holder.toString() });
  });

  it('a NAS that has begun anew gives back what it had, and no more', async () => {
    await using client = await openRadiusClient(site().radius, rebootingNas);
    const [mine, theirs] = [await someone(), await someone()];
    const holder = classOf(await client.login(asks(mine.user), userPassword));
    await client.account(report('Start', { user: mine.user, holder, more: framed(mine.id) }));
    classOf(await nas.login(asks(theirs.user), userPassword));
    const at = Math.floor(Date.now() / 1_000);
    const off: Attributes = [
      ['Event-Timestamp', at],
      ['NAS-IP-Address', '10.0.0.1'],
      ['Acct-Status-Type', statusTypes['Accounting-Off']],
      ['Acct-Session-Id', '00000000'],
    ];
    expect(await client.account(off)).toMatchObject(acknowledged);
    await until(mine.id, (lock) => lock?.state === 'released');
    expect(await lockOf(theirs.id)).toMatchObject({ state: 'held' });
  });

  it('a name that is no UTF-8, or as long as it can be, is an unknown user', async () => {
    for (const name of [Buffer.from([0x75, 0xff, 0xfe]), Buffer.alloc(253, 0xe9), Buffer.alloc(253, 'x')]) {
      const login: Attributes = [['User-Name', name], ...asks('').slice(1)];
      const reply = await nas.login(login, userPassword);
      expect(reply).toMatchObject({ kind: 'reject', values: { 'Reply-Message': [wrong] } });
    }
  });

  it('a session whose grant came too late is given back, and another device gets in', async () => {
    const { user } = await someone();
    process.kill(site().mapper.pid, 'SIGSTOP');
    const reply = await nas.login(asks(user), userPassword).finally(() => {
      process.kill(site().mapper.pid, 'SIGCONT');
    });
    expect(reply).toMatchObject({ kind: 'reject' });
    let other = await nas.login(asks(user, laptop), userPassword);
    // At the latest the pending session would end by itself, which is later than this test may take.
    while (other.kind === 'reject') other = await nas.login(asks(user, laptop), userPassword);
    expect(other).toMatchObject({ kind: 'accept' });
  });

  it('accounting of the time when the mapper was away ends the session that it was about', async () => {
    const { id, user } = await someone();
    const holder = classOf(await nas.login(asks(user), userPassword));
    await site().mapper.kill();
    expect(await nas.login(asks(user), userPassword)).toMatchObject({ kind: 'reject' });
    expect(await nas.account(report('Start', { user, holder, more: framed(id) }))).toMatchObject(
      acknowledged,
    );
    expect(await nas.account(report('Stop', { user, holder }))).toMatchObject(acknowledged);
    expect(await lockOf(id)).toMatchObject({ state: 'held' });
    await site().restartMapper();
    await until(id, (lock) => lock?.state === 'released');
    expect(await triggersOf(id)).toEqual(['session-start', 'session-end']);
  });

  it('forty devices at once, half of them at a FreeRADIUS in degraded mode, get one session', async () => {
    await grantRadiusAccount(world.server, 'holdfast');
    await using degraded = await startFreeradiusServer({
      mapper: 'http://127.0.0.1:1',
      mapperSecret: site().mapper.secret,
      options: { ...patient, degraded: 'yes' },
      hasSql: true,
      edit: speakTo(world.server, 'holdfast'),
    });
    await using other = await openRadiusClient(degraded);
    for (let round = 0; round < 5; round += 1) {
      const { id, user } = await someone();
      const stations = Array.from({ length: 40 }, (_, place) => `10.9.0.${place}`);
      const logins = stations.map((station, place) =>
        (place % 2 === 0 ? nas : other).login(asks(user, station), userPassword),
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
