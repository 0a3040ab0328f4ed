/** The life of a session as its NAS tells it through FreeRADIUS: in order, late, twice, and when it is over. */
import { encodeTime } from '@holdfast/truth-db';
import { expect, it } from 'vitest';
import { nasSecret } from '../support/freeradius-server.ts';
import { openRadiusClient } from '../support/radius-client.ts';
import { type Attributes, encodeRadius, statusTypes } from '../support/radius-packet-codec.ts';
import { userPassword } from '../support/radius-world.ts';
import {
  acknowledged,
  asks,
  classOf,
  framed,
  laptop,
  type MapperGround,
  rebootingNas,
  report,
} from './freeradius-mapper-ground.ts';

export function describeSessions(ground: MapperGround): void {
  const { site, someone, lockOf, triggersOf, until } = ground;

  it('a session begins with its Start, lives by its updates and ends with its Stop', async () => {
    const { id, user } = await someone();
    const holder = classOf(await ground.nas.login(asks(user), userPassword));
    const pending = await lockOf(id);
    const events = { user, holder, more: framed(id) };
    expect(await ground.nas.account(report('Start', events))).toMatchObject(acknowledged);
    const begun = await until(id, (lock) => lock?.confirmed_at !== null);
    expect(begun).toMatchObject({ framed_ip: `10.8.0.${id}`, acct_session_id: 's1' });
    expect(Date.parse(begun?.expires_at ?? '')).toBeGreaterThan(Date.parse(pending?.expires_at ?? ''));
    expect(await ground.nas.account(report('Interim-Update', events))).toMatchObject(acknowledged);
    expect(
      await ground.nas.account(report('Stop', { ...events, more: [['Acct-Terminate-Cause', 1]] })),
    ).toMatchObject(acknowledged);
    await until(id, (lock) => lock?.state === 'released');
    expect(await triggersOf(id)).toEqual(['session-start', 'session-end']);
    expect(classOf(await ground.nas.login(asks(user, laptop), userPassword))).not.toEqual(holder);
  });

  it('a Start that comes after its Stop begins nothing', async () => {
    const { id, user } = await someone();
    const holder = classOf(await ground.nas.login(asks(user), userPassword));
    await ground.nas.account(report('Stop', { user, holder }));
    await until(id, (lock) => lock?.state === 'released');
    await ground.nas.account(report('Start', { user, holder, more: framed(id) }));
    await ground.nas.account(report('Interim-Update', { user, holder, more: framed(id) }));
    expect(await lockOf(id)).toMatchObject({ state: 'released' });
  });

  it('a Stop of a session that was taken over does not release its successor', async () => {
    const { id, user } = await someone();
    const first = classOf(await ground.nas.login(asks(user), userPassword));
    await ground.nas.account(report('Start', { user, holder: first, more: framed(id) }));
    const past = encodeTime(Date.now() - 1_000);
    await ground.world.truth.db
      .updateTable('active_session_locks')
      .set({ expires_at: past })
      .where('vpn_connection_id', '=', id)
      .execute();
    const second = classOf(await ground.nas.login(asks(user, laptop), userPassword));
    expect(second).not.toEqual(first);
    const start = { user, holder: second, caller: laptop, session: 's2', more: framed(id) };
    await ground.nas.account(report('Start', start));
    for (const holder of [first, undefined]) {
      const stop = { user, ...(holder === undefined ? {} : { holder }) };
      expect(await ground.nas.account(report('Stop', stop))).toMatchObject(acknowledged);
    }
    expect(await lockOf(id)).toMatchObject({ state: 'held', holder_token: second.toString() });
  });

  it('an old Stop that is sent again, byte for byte, ends nothing of today', async () => {
    const { id, user } = await someone();
    const first = classOf(await ground.nas.login(asks(user), userPassword));
    await ground.nas.account(report('Start', { user, holder: first, more: framed(id) }));
    const attributes = report('Stop', { user, holder: first });
    const stop = encodeRadius({ kind: 'accounting', secret: nasSecret, identifier: 250, attributes });
    await ground.nas.send(stop, 'acct');
    await until(id, (lock) => lock?.state === 'released');
    const second = classOf(await ground.nas.login(asks(user), userPassword));
    await ground.nas.account(report('Start', { user, holder: second, session: 's2', more: framed(id) }));
    // From another port, or FreeRADIUS would recognise it by itself.
    await using replayer = await openRadiusClient(site().radius);
    expect(await replayer.send(stop, 'acct')).toMatchObject(acknowledged);
    expect(await lockOf(id)).toMatchObject({ state: 'held', holder_token: second.toString() });
  });

  it('a login that is sent again, byte for byte, changes nothing of the session that it began', async () => {
    const { id, user } = await someone();
    const base = { kind: 'access', secret: nasSecret, identifier: 251, password: userPassword } as const;
    const packet = encodeRadius({ ...base, attributes: asks(user) });
    const holder = classOf(await ground.nas.send(packet, 'auth'));
    await ground.nas.account(report('Start', { user, holder, more: framed(id) }));
    const begun = await until(id, (lock) => lock?.confirmed_at !== null);
    await using replayer = await openRadiusClient(site().radius);
    expect(classOf(await replayer.send(packet, 'auth'))).toEqual(holder);
    expect(await lockOf(id)).toEqual(begun);
  });

  it('a Start without a login before it is the session where nobody has it, and is not where somebody has', async () => {
    const free = await someone();
    const event = { user: free.user, session: 'adopted', more: framed(free.id) };
    expect(await ground.nas.account(report('Start', event))).toMatchObject(acknowledged);
    expect(await until(free.id, (lock) => lock !== undefined)).toMatchObject({
      state: 'held',
      acct_session_id: 'adopted',
    });
    const held = await someone();
    const holder = classOf(await ground.nas.login(asks(held.user), userPassword));
    await ground.nas.account(report('Start', { user: held.user, holder, more: framed(held.id) }));
    const intruder = { user: held.user, caller: laptop, session: 'intruder' };
    expect(await ground.nas.account(report('Start', intruder))).toMatchObject(acknowledged);
    expect(await lockOf(held.id)).toMatchObject({ holder_token: holder.toString() });
  });

  it('a NAS that has begun anew gives back what it had, and no more', async () => {
    await using client = await openRadiusClient(site().radius, rebootingNas);
    const [mine, theirs] = [await someone(), await someone()];
    const holder = classOf(await client.login(asks(mine.user), userPassword));
    await client.account(report('Start', { user: mine.user, holder, more: framed(mine.id) }));
    classOf(await ground.nas.login(asks(theirs.user), userPassword));
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
}
