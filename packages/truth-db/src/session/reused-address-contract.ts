/** What becomes of a session whose address its gateway gives to another client, on every database. */
import { describe, expect, it } from 'vitest';
import {
  extendSession,
  readGatewaySnapshot,
  releaseSession,
  type SessionStarted,
  slotFor,
} from '../index.ts';
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

export function reusedAddressContract(name: string, make: MakeDatabase): void {
  describe(`${name}: an address that is told for another session`, () => {
    const world = useSessionWorld(make);

    describe('of the same gateway', () => reuse(world));
    describe('by a report that is late', () => late(world));
    describe('that is nobody’s', () => nobodys(world));
  });
}

/** Two connections whose sessions are admitted, the first one's with these addresses since `now`. */
async function twoSessions(w: SessionWorld, addresses: Partial<SessionStarted>, gateway = 'gw') {
  const [old, young] = [await w.connection(), await w.connection()];
  const oldHolder = await w.granted(old, 'a');
  await w.confirm(old, oldHolder, { ...addresses, at: now });
  const youngHolder = await w.granted(young, 'b', { gateway });
  return { old, oldHolder, young, youngHolder };
}

function reuse(world: () => SessionWorld): void {
  it.each([
    ['IPv4', { framedIp: '198.51.100.6' }, { framedIp: '198.51.100.6' }],
    ['IPv6', { framedIpv6: '2001:db8::6' }, { framedIpv6: '2001:DB8:0:0::0006' }],
    [
      'IPv6 beside another IPv4',
      { framedIp: '198.51.100.2', framedIpv6: '2001:db8::6' },
      { framedIp: '198.51.100.6', framedIpv6: '2001:db8::6' },
    ],
  ])('ends the session that had it, with its trigger: %s', async (_family, had, told) => {
    const w = world();
    const { old, oldHolder, young, youngHolder } = await twoSessions(w, had);
    const confirmed = await w.confirm(young, youngHolder, { ...told, at: now + 9 });
    expect(confirmed).toMatchObject({
      kind: 'confirmed',
      shapingSlot: slotFor(2, 1),
      triggers: [
        { gateway: 'gw', id: 2 },
        { gateway: 'gw', id: 3 },
      ],
    });
    expect(await w.lock(old)).toMatchObject({ state: 'released', release_reason: 'address-reused' });
    expect(await w.ended(old)).toMatchObject([
      {
        holder_token: oldHolder.holderToken,
        release_reason: 'address-reused',
        released_at: stored(now + 9),
      },
    ]);
    expect(await w.triggers()).toEqual(['gw:session-start', 'gw:session-address-reused', 'gw:session-start']);
    const triggers = await w.truth.db.selectFrom('policy_triggers').select('vpn_connection_id').execute();
    expect(triggers.map((trigger) => trigger.vpn_connection_id)).toEqual([old, old, young]);
    const { sessions = [] } = (await readGatewaySnapshot(w.truth, 'gw', now + 9)) ?? {};
    expect(sessions.map(({ vpnConnectionId }) => vpnConnectionId)).toEqual([young]);
  });

  it('ends two sessions when each had one of its addresses', async () => {
    const w = world();
    const { old, young, youngHolder } = await twoSessions(w, { framedIp: '198.51.100.6' });
    const third = await w.connection();
    const thirdHolder = await w.granted(third, 'c');
    await w.confirm(third, thirdHolder, { framedIpv6: '2001:db8::6', at: now });
    const both = { framedIp: '198.51.100.6', framedIpv6: '2001:db8::6', at: now + 9 };
    expect(await w.confirm(young, youngHolder, both)).toMatchObject({
      triggers: [{ id: 3 }, { id: 4 }, { id: 5 }],
    });
    for (const id of [old, third]) expect(await w.lock(id)).toMatchObject({ state: 'released' });
  });

  it('ends one whose time is over too: it would go on with its next report', async () => {
    const w = world();
    const { old, oldHolder, young, youngHolder } = await twoSessions(w, { framedIp: '198.51.100.6' });
    const at = now + 2 * hourMs;
    const expiresAt = at + hourMs;
    await w.confirm(young, youngHolder, { framedIp: '198.51.100.6', at, expiresAt });
    const extended = await w.truth.transaction((trx) =>
      extendSession(trx, { vpnConnectionId: old, holder: oldHolder, at, expiresAt }),
    );
    expect(extended).toEqual({ kind: 'ended', reason: 'address-reused', endedAt: at });
  });

  it('leaves reports of the one that has ended without effect', async () => {
    const w = world();
    const { old, oldHolder, young, youngHolder } = await twoSessions(w, { framedIp: '198.51.100.6' });
    await w.confirm(young, youngHolder, { framedIp: '198.51.100.6', at: now + 9 });
    const before = await w.lock(young);
    const ended = { kind: 'ended', reason: 'address-reused', endedAt: now + 9 };
    expect(await w.confirm(old, oldHolder, { framedIp: '198.51.100.6', at: now + 10 })).toEqual(ended);
    const stopped = { vpnConnectionId: old, holder: oldHolder, reason: 'stop', at: now + 10 };
    expect(await w.truth.transaction((trx) => releaseSession(trx, stopped))).toEqual(ended);
    expect(await w.lock(young)).toEqual(before);
  });

  it('is no news when it comes again', async () => {
    const w = world();
    const { young, youngHolder } = await twoSessions(w, { framedIp: '198.51.100.6' });
    const told = { framedIp: '198.51.100.6', framedIpv6: '2001:DB8::6', at: now + 9 };
    await w.confirm(young, youngHolder, told);
    expect(await w.confirm(young, youngHolder, told)).toMatchObject({ kind: 'confirmed', triggers: [] });
    expect(await w.lock(young)).toMatchObject({ framed_ipv6: '2001:db8::6' });
  });

  it('ends nothing on another gateway, nor where the address is no longer held', async () => {
    const w = world();
    const { old, oldHolder, young, youngHolder } = await twoSessions(w, { framedIp: '198.51.100.6' }, 'gw2');
    await w.confirm(young, youngHolder, { framedIp: '198.51.100.6', at: now + 9 });
    expect(await w.lock(old)).toMatchObject({ state: 'held' });
    const stopped = { vpnConnectionId: old, holder: oldHolder, reason: 'stop', at: now + 10 };
    await w.truth.transaction((trx) => releaseSession(trx, stopped));
    const third = await w.connection();
    const thirdHolder = await w.granted(third, 'c');
    await w.confirm(third, thirdHolder, { framedIp: '198.51.100.6', at: now + 11 });
    expect(await w.ended(old)).toMatchObject([{ release_reason: 'stop' }]);
  });
}

function late(world: () => SessionWorld): void {
  it('stays with the session that was told it later, and the other one begins without', async () => {
    const w = world();
    const { old, young, youngHolder } = await twoSessions(w, { framedIp: '198.51.100.6' });
    const told = { framedIp: '198.51.100.6', framedIpv6: '2001:db8::6' };
    const before = await w.lock(old);
    expect(await w.confirm(young, youngHolder, { ...told, at: now - 1 })).toMatchObject({
      kind: 'confirmed',
      shapingSlot: null,
      triggers: [],
    });
    expect(await w.lock(old)).toEqual(before);
    expect(await w.lock(young)).toMatchObject({ framed_ip: null, framed_ipv6: null });
    expect(await w.confirm(young, youngHolder, { ...told, at: now })).toMatchObject({ triggers: [{}, {}] });
    expect(await w.lock(old)).toMatchObject({ state: 'released' });
  });

  it('is as old as the newest report that changed the address, not as the session', async () => {
    const w = world();
    const { old, oldHolder, young, youngHolder } = await twoSessions(w, { framedIp: '198.51.100.1' });
    await w.confirm(old, oldHolder, { framedIp: '198.51.100.6', at: now + minuteMs });
    await w.confirm(young, youngHolder, { framedIp: '198.51.100.6', at: now + 9 });
    expect(await w.lock(old)).toMatchObject({ state: 'held', framed_ip: '198.51.100.6' });
    expect(await w.lock(young)).toMatchObject({ framed_ip: null });
  });

  it('does not take back what its own session was told since, and adds what is not known', async () => {
    const w = world();
    const { old, oldHolder } = await twoSessions(w, { framedIp: '198.51.100.6' });
    const older = { framedIp: '198.51.100.1', framedIpv6: '2001:db8::6', at: now - 1 };
    expect(await w.confirm(old, oldHolder, older)).toMatchObject({ shapingSlot: slotFor(2, 1) });
    expect(await w.lock(old)).toMatchObject({
      framed_ip: '198.51.100.6',
      framed_ipv6: '2001:db8::6',
      confirmed_at: stored(now),
    });
  });
}

function nobodys(world: () => SessionWorld): void {
  it.each([
    { framedIp: '0.0.0.0' },
    { framedIp: '255.255.255.254' },
    { framedIp: '224.0.0.5' },
    { framedIp: '2001:db8::1' },
    { framedIpv6: '::' },
    { framedIpv6: 'ff02::1' },
    { framedIpv6: 'fe80::1%eth0' },
    { framedIpv6: '198.51.100.6' },
  ])('is refused, and the session waits for another report: %j', async (told) => {
    const w = world();
    const id = await w.connection();
    const holder = await w.granted(id, 'a');
    const before = await w.lock(id);
    expect(await failureOf(w.confirm(id, holder, { ...told, at: now }))).toEqual({ code: 'TRUTH_INVALID' });
    expect(await w.lock(id)).toEqual(before);
  });
}
