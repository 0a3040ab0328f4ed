/** What the reports about a session do: its start and its signs of life, on every database. */
import { describe, expect, it } from 'vitest';
import { extendSession, releaseSession, type SessionHolder, slotFor } from '../index.ts';
import { failureOf } from '../testing/failure-of.ts';
import {
  hourMs,
  type MakeDatabase,
  minuteMs,
  now,
  type SessionWorld,
  stored,
} from '../testing/session-world.ts';
import { useSessionWorld } from '../testing/use-session-world.ts';

export function eventContract(name: string, make: MakeDatabase): void {
  describe(`${name}: a report about a session`, () => {
    const world = useSessionWorld(make);

    describe('of its start', () => starts(world));
    describe('without our token', () => tokenless(world));
    describe('of its life', () => signsOfLife(world));
  });
}

const extend = (w: SessionWorld, id: number, holder: SessionHolder, at: number, expiresAt: number) =>
  w.truth.transaction((trx) => extendSession(trx, { vpnConnectionId: id, holder, at, expiresAt }));

function starts(world: () => SessionWorld): void {
  it('stores what it tells, gives the slot and the time of a session, and tells its gateway', async () => {
    const w = world();
    const id = await w.connection();
    const holder = await w.granted(id, 'a');
    const confirmed = await w.confirm(id, holder, {
      framedIp: '198.51.100.6',
      framedIpv6: '2001:db8::1',
      ifname: 'ppp3',
      acctSessionId: 's1',
      at: now + 5,
    });
    expect(confirmed).toEqual({
      kind: 'confirmed',
      shapingSlot: slotFor(2, 1),
      expiresAt: now + hourMs,
      triggers: [{ gateway: 'gw', id: 1 }],
    });
    expect(await w.lock(id)).toMatchObject({
      confirmed_at: stored(now + 5),
      acquired_at: stored(now),
      expires_at: stored(now + hourMs),
      framed_ip: '198.51.100.6',
      framed_ipv6: '2001:db8::1',
      ifname: 'ppp3',
      acct_session_id: 's1',
      nas_ip: '192.0.2.1',
      shaping_slot: slotFor(2, 1),
    });
    const trigger = await w.truth.db.selectFrom('policy_triggers').selectAll().executeTakeFirstOrThrow();
    expect(trigger).toMatchObject({
      reason: 'session-start',
      vpn_connection_id: id,
      created_at: stored(now + 5),
    });
  });

  it('is no news when it comes again, and another address is', async () => {
    const w = world();
    const id = await w.connection();
    const holder = await w.granted(id, 'a');
    const first = await w.confirm(id, holder, { framedIp: '198.51.100.6' });
    const again = await w.confirm(id, holder, { framedIp: '198.51.100.6', at: now + 9, expiresAt: now });
    expect(again).toEqual({ ...first, triggers: [] });
    const moved = await w.confirm(id, holder, { framedIp: '198.51.100.7', at: now + 9 });
    expect(moved).toMatchObject({ shapingSlot: slotFor(3, 1), triggers: [{ gateway: 'gw', id: 2 }] });
    expect(await w.lock(id)).toMatchObject({ confirmed_at: stored(now + 9) });
  });

  it('without an address begins a session that no gateway has to hear of yet', async () => {
    const w = world();
    const id = await w.connection();
    const holder = await w.granted(id, 'a');
    expect(await w.confirm(id, holder)).toMatchObject({ shapingSlot: null, triggers: [] });
    expect(await w.confirm(id, holder, { framedIp: '198.51.100.6' })).toMatchObject({
      triggers: [{ id: 1 }],
    });
    expect(await w.confirm(id, holder, { acctSessionId: 's1' })).toMatchObject({ triggers: [] });
    expect(await w.lock(id)).toMatchObject({ framed_ip: '198.51.100.6', acct_session_id: 's1' });
  });

  it('after its time was over, and nobody else came, goes on and is news', async () => {
    const w = world();
    const id = await w.connection();
    const holder = await w.begun(id, 'a', '198.51.100.6');
    const late = { framedIp: '198.51.100.6', at: now + hourMs, expiresAt: now + 2 * hourMs };
    expect(await w.confirm(id, holder, late)).toMatchObject({ kind: 'confirmed', triggers: [{ id: 2 }] });
  });

  it('of somebody else changes nothing: busy, absent', async () => {
    const w = world();
    const [id, free] = [await w.connection(), await w.connection()];
    await w.granted(id, 'a');
    const before = await w.lock(id);
    const stranger = { holderToken: 'nobody' };
    expect(await w.confirm(id, stranger)).toMatchObject({
      kind: 'busy',
      until: now + minuteMs,
      by: { sessionKey: 'a' },
    });
    expect(await w.confirm(free, stranger)).toEqual({ kind: 'absent' });
    expect(await w.lock(id)).toEqual(before);
    expect(await w.triggers()).toEqual([]);
  });

  it('with something that is no address is refused and leaves the lock pending', async () => {
    const w = world();
    const id = await w.connection();
    const holder = await w.granted(id, 'a');
    const before = await w.lock(id);
    expect(await failureOf(w.confirm(id, holder, { framedIp: '198.51.100' }))).toEqual({
      code: 'TRUTH_INVALID',
    });
    expect(await w.lock(id)).toEqual(before);
  });
}

function tokenless(world: () => SessionWorld): void {
  const told = (acctSessionId: string) => ({ sessionKey: 'a', acctSessionId });
  const stop = (w: SessionWorld, id: number, holder: SessionHolder, at = now) =>
    w.truth.transaction((trx) => releaseSession(trx, { vpnConnectionId: id, holder, reason: 'stop', at }));

  it('binds its Acct-Session-Id at the start, and from then on only that one counts', async () => {
    const w = world();
    const id = await w.connection();
    await w.granted(id, 'a');
    expect((await w.confirm(id, told('s1'))).kind).toBe('confirmed');
    expect((await w.confirm(id, told('s2'))).kind).toBe('busy');
    expect((await extend(w, id, told('s2'), now, now + hourMs)).kind).toBe('busy');
    expect((await stop(w, id, told('s2'))).kind).toBe('busy');
    expect((await stop(w, id, { sessionKey: 'b', acctSessionId: 's1' })).kind).toBe('busy');
    expect((await stop(w, id, told('s1'))).kind).toBe('released');
  });

  it('does not end or extend a session that has not begun: it may be of the session before', async () => {
    const w = world();
    const id = await w.connection();
    await w.granted(id, 'a');
    expect((await stop(w, id, told('s1'))).kind).toBe('busy');
    expect((await extend(w, id, told('s1'), now, now + hourMs)).kind).toBe('busy');
  });

  it('of a session that has ended does not begin its successor', async () => {
    const w = world();
    const id = await w.connection();
    await w.granted(id, 'a');
    await w.confirm(id, told('s1'));
    await stop(w, id, told('s1'));
    await w.granted(id, 'a', { requestVector: 'a-2' });
    const late = await w.confirm(id, told('s1'), { at: now + 15 * minuteMs });
    expect(late).toEqual({ kind: 'ended', reason: 'stop', endedAt: now });
    expect(await w.lock(id)).toMatchObject({ confirmed_at: null });
  });

  it('begins a session under an Acct-Session-Id that its NAS uses again long after', async () => {
    const w = world();
    const id = await w.connection();
    await w.granted(id, 'a');
    await w.confirm(id, told('s1'));
    await stop(w, id, told('s1'));
    const at = now + 15 * minuteMs + 1;
    await w.granted(id, 'a', { requestVector: 'a-2', at, expiresAt: at + minuteMs });
    expect((await w.confirm(id, told('s1'), { at })).kind).toBe('confirmed');
  });
}

function signsOfLife(world: () => SessionWorld): void {
  it('extends it and is no news for its gateway', async () => {
    const w = world();
    const id = await w.connection();
    const holder = await w.begun(id, 'a', '198.51.100.6');
    const extended = await extend(w, id, holder, now + minuteMs, now + 2 * hourMs);
    expect(extended).toEqual({ kind: 'extended', expiresAt: now + 2 * hourMs, triggers: [] });
    expect(await w.lock(id)).toMatchObject({ expires_at: stored(now + 2 * hourMs) });
  });

  it('never shortens it when it is an older one that comes late', async () => {
    const w = world();
    const id = await w.connection();
    const holder = await w.begun(id, 'a', '198.51.100.6');
    const older = await extend(w, id, holder, now, now + hourMs - 1);
    expect(older).toEqual({ kind: 'extended', expiresAt: now + hourMs, triggers: [] });
    expect(await w.lock(id)).toMatchObject({ expires_at: stored(now + hourMs) });
  });

  it.each([
    ['in its last minute', hourMs - minuteMs],
    ['after its time was over', 2 * hourMs],
  ])('%s is news, because a run may have left it out', async (_when, after) => {
    const w = world();
    const id = await w.connection();
    const holder = await w.begun(id, 'a', '198.51.100.6');
    const extended = await extend(w, id, holder, now + after, now + 3 * hourMs);
    expect(extended).toMatchObject({ kind: 'extended', triggers: [{ gateway: 'gw', id: 2 }] });
  });

  it('of somebody else changes nothing: busy, ended, absent', async () => {
    const w = world();
    const [id, free] = [await w.connection(), await w.connection()];
    const first = await w.granted(id, 'a');
    const later = now + minuteMs;
    await w.granted(id, 'b', { at: later, expiresAt: later + minuteMs });
    const before = await w.lock(id);
    const stranger = { holderToken: 'nobody' };
    expect(await extend(w, id, first, later, later + hourMs)).toEqual({
      kind: 'ended',
      reason: 'expired',
      endedAt: later,
    });
    expect((await extend(w, id, stranger, later, later + hourMs)).kind).toBe('busy');
    expect((await extend(w, free, stranger, later, later + hourMs)).kind).toBe('absent');
    expect(await w.lock(id)).toEqual(before);
  });
}
