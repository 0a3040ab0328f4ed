/** What hooks report about sessions, in any order and any number of times, on every database. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  endEarlierBoots,
  type HookDown,
  type HookOutcome,
  type HookUp,
  releaseSession,
  reportSessionDown,
  reportSessionUp,
} from '../index.ts';
import {
  createSessionWorld,
  hourMs,
  type MakeDatabase,
  now,
  type SessionWorld,
  stored,
} from '../testing/session-world.ts';

const address = '198.51.100.6';

interface HookWorld {
  readonly w: SessionWorld;
  up(id: number, seconds: number, more?: Partial<HookUp>): Promise<HookOutcome>;
  down(id: number, seconds: number, more?: Partial<HookDown>): Promise<HookOutcome>;
  /** The session that is held, undefined when none is. */
  held(id: number): Promise<object | undefined>;
  /** Every row that an event could have touched. */
  everything(): Promise<object>;
}

export function hookContract(name: string, make: MakeDatabase): void {
  describe(`${name}: hooks`, () => {
    let world: HookWorld;
    beforeEach(async () => {
      world = hookWorld(await createSessionWorld(make));
    });
    afterEach(() => world.w[Symbol.asyncDispose]());

    describe('a session without RADIUS', () => ofItsOwn(() => world));
    describe('events out of order', () => outOfOrder(() => world));
    describe('an address that is given away again', () => reusedAddress(() => world));
    describe('a session that RADIUS has admitted', () => admitted(() => world));
    describe('a session that RADIUS has not admitted', () => beginningsOfRadius(() => world));
    describe('a boot', () => afterBoot(() => world));
  });
}

function ofItsOwn(world: () => HookWorld): void {
  it('begins with its address and slot, and tells its gateway', async () => {
    const { w, up, held } = world();
    const id = await w.connection();
    expect(await up(id, 1, { ifname: 'ppp3' })).toEqual({
      kind: 'started',
      triggers: [{ gateway: 'gw', id: 1 }],
    });
    expect(await held(id)).toMatchObject({
      framed_ip: address,
      ifname: 'ppp3',
      confirmed_at: at(1),
      shaping_slot: 131_073,
    });
    expect(await w.triggers()).toEqual(['gw:ip-up']);
  });

  it('ends by the event that names it, and frees its slot', async () => {
    const { w, up, down, held } = world();
    const id = await w.connection();
    await up(id, 1);
    expect(await down(id, 9)).toEqual({ kind: 'ended', triggers: [{ gateway: 'gw', id: 2 }] });
    expect(await held(id)).toBeUndefined();
    expect(await w.ended(id)).toMatchObject([{ release_reason: 'ip-down', released_at: at(9) }]);
  });

  it('is not touched by the same events again', async () => {
    const { w, up, down, everything } = world();
    const id = await w.connection();
    await up(id, 1);
    const begun = await everything();
    expect(await up(id, 1)).toEqual({ kind: 'unchanged' });
    expect(await everything()).toEqual(begun);
    await down(id, 9);
    const ended = await everything();
    expect(await up(id, 1)).toEqual({ kind: 'late', because: 'ended' });
    expect(await down(id, 9)).toEqual({ kind: 'late', because: 'ended' });
    expect(await everything()).toEqual(ended);
  });

  it('learns what a later event adds, and forgets nothing', async () => {
    const { w, up, held } = world();
    const id = await w.connection();
    await up(id, 1, { ifname: 'tun0', framedIp: null });
    expect(await up(id, 1.5, { verb: 'change', framedIpv6: 'fd00::6' })).toMatchObject({ kind: 'completed' });
    expect(await held(id)).toMatchObject({ ifname: 'tun0', framed_ip: address, framed_ipv6: 'fd00::6' });
  });

  it('is kept from a connection that another gateway has', async () => {
    const { w, up, everything } = world();
    const id = await w.connection();
    await up(id, 1, { gateway: 'gw2' });
    const before = await everything();
    expect(await up(id, 2)).toMatchObject({ kind: 'busy', by: { gateway: 'gw2' } });
    expect(await everything()).toEqual(before);
  });

  it('begins for a connection that is disabled: its address has to be refused', async () => {
    const { w, up, held } = world();
    const id = await w.connection();
    await w.truth.db
      .updateTable('vpn_connections')
      .set({ status: 'DISABLED' })
      .where('id', '=', id)
      .execute();
    expect(await up(id, 1)).toMatchObject({ kind: 'started' });
    expect(await held(id)).toMatchObject({ framed_ip: address });
  });

  it('loses one family and ends with the other, where a daemon ends it in parts', async () => {
    const { w, up, down, held } = world();
    const id = await w.connection();
    await up(id, 1, { framedIpv6: 'fd00::6' });
    expect(await down(id, 5, { part: 4 })).toMatchObject({ kind: 'reduced' });
    expect(await down(id, 5, { part: 4 })).toEqual({ kind: 'unchanged' });
    expect(await held(id)).toMatchObject({ framed_ip: null, framed_ipv6: 'fd00::6' });
    expect(await down(id, 6, { part: 6 })).toMatchObject({ kind: 'ended' });
    expect(await held(id)).toBeUndefined();
  });
}

function beginningsOfRadius(world: () => HookWorld): void {
  it('is not begun by a hook where RADIUS admits, for it would keep the client from its next login', async () => {
    const { w, up, everything } = world();
    const id = await w.connection();
    const nas = { nas_ip: '192.0.2.1', gateway: 'gw' };
    await w.truth.db.insertInto('gateway_nas_addresses').values(nas).execute();
    const before = await everything();
    expect(await up(id, 1)).toEqual({ kind: 'unadmitted' });
    expect(await everything()).toEqual(before);
  });
}

function outOfOrder(world: () => HookWorld): void {
  it('a start of an earlier session of the same name takes nothing back', async () => {
    const { w, up, everything } = world();
    const id = await w.connection();
    await up(id, 20);
    const before = await everything();
    expect(await up(id, 1, { framedIp: '198.51.100.9' })).toEqual({ kind: 'late', because: 'superseded' });
    expect(await everything()).toEqual(before);
  });

  it('a session whose end comes first stays ended', async () => {
    const { w, up, down, held, everything } = world();
    const id = await w.connection();
    expect(await down(id, 9)).toEqual({ kind: 'remembered' });
    const before = await everything();
    expect(await down(id, 9)).toEqual({ kind: 'late', because: 'ended' });
    expect(await up(id, 1)).toEqual({ kind: 'late', because: 'ended' });
    expect(await held(id)).toBeUndefined();
    expect(await everything()).toEqual(before);
  });

  it('a session of the same name that begins after that end begins', async () => {
    const { w, up, down, held } = world();
    const id = await w.connection();
    await down(id, 9);
    expect(await up(id, 10)).toMatchObject({ kind: 'started' });
    expect(await held(id)).toBeDefined();
  });

  it('an end of the earlier session of the same name does not end the later one', async () => {
    const { w, up, down, held } = world();
    const id = await w.connection();
    await up(id, 1);
    await up(id, 20);
    expect(await down(id, 9)).toEqual({ kind: 'late', because: 'superseded' });
    expect(await held(id)).toBeDefined();
    expect(await down(id, 30)).toMatchObject({ kind: 'ended' });
  });

  it('a later session takes the place of an earlier one, whose own events change nothing any more', async () => {
    const { w, up, down, held, everything } = world();
    const id = await w.connection();
    await up(id, 1, { session: 'first' });
    expect(await up(id, 20, { session: 'second' })).toMatchObject({ kind: 'started' });
    await down(id, 9, { session: 'first' });
    const before = await everything();
    expect(await up(id, 1, { session: 'first' })).toEqual({ kind: 'late', because: 'ended' });
    expect(await down(id, 9, { session: 'first' })).toEqual({ kind: 'late', because: 'ended' });
    expect(await everything()).toEqual(before);
    expect(await held(id)).toMatchObject({ acquired_at: at(20) });
  });

  it('a start that was overtaken by a whole later session starts nothing', async () => {
    const { w, up, down, held } = world();
    const id = await w.connection();
    await up(id, 20, { session: 'second' });
    expect(await up(id, 1, { session: 'first' })).toEqual({ kind: 'late', because: 'superseded' });
    await down(id, 30, { session: 'second' });
    expect(await up(id, 1, { session: 'first' })).toEqual({ kind: 'late', because: 'superseded' });
    expect(await held(id)).toBeUndefined();
  });

  it('what happened in one hundredth of a second is told apart', async () => {
    const { w, up, down, held } = world();
    const id = await w.connection();
    const boot = { id: 'boot1', uptimeMs: 5_000_010 };
    await up(id, 0);
    await down(id, 0.011, { boot });
    expect(await up(id, 0.015, { boot })).toMatchObject({ kind: 'started' });
    expect(await down(id, 0.011, { boot })).toEqual({ kind: 'late', because: 'superseded' });
    expect(await held(id)).toBeDefined();
  });

  it('a wall clock that is set back meanwhile is not believed', async () => {
    const { w, up, down, held } = world();
    const id = await w.connection();
    await up(id, 1);
    expect(await down(id, 9, { at: now - hourMs })).toMatchObject({ kind: 'ended' });
    expect(await up(id, 20, { at: now - hourMs + 9_000 })).toMatchObject({ kind: 'started' });
    expect(await held(id)).toBeDefined();
  });
}

function reusedAddress(world: () => HookWorld): void {
  it('is taken from the session whose end was lost', async () => {
    const { w, up, down, held } = world();
    const [one, other] = [await w.connection(), await w.connection()];
    await up(one, 1);
    expect(await up(other, 20)).toMatchObject({ kind: 'started' });
    expect(await held(one)).toBeUndefined();
    await down(one, 9);
    expect(await held(other)).toMatchObject({ framed_ip: address });
  });

  it('is not taken back by a start that comes late', async () => {
    const { w, up, held } = world();
    const [one, other] = [await w.connection(), await w.connection()];
    await up(other, 20);
    expect(await up(one, 1)).toEqual({ kind: 'late', because: 'superseded' });
    expect(await held(one)).toBeUndefined();
    expect(await held(other)).toMatchObject({ framed_ip: address });
  });

  it('leaves a session that RADIUS has admitted without it, to be ended by its own Stop', async () => {
    const { w, up, held } = world();
    const [one, other] = [await w.connection(), await w.connection()];
    await w.begun(one, 'a', address);
    expect(await up(other, 20)).toMatchObject({ kind: 'started' });
    expect(await held(one)).toMatchObject({ framed_ip: null, shaping_slot: null });
    expect(await held(other)).toMatchObject({ framed_ip: address });
  });

  it('is taken in IPv6, too', async () => {
    const { w, up, held } = world();
    const [one, other] = [await w.connection(), await w.connection()];
    await up(one, 1, { framedIp: null, framedIpv6: 'fd00::6' });
    await up(other, 20, { framedIp: null, framedIpv6: 'fd00::6' });
    expect(await held(one)).toBeUndefined();
    expect(await held(other)).toMatchObject({ framed_ipv6: 'fd00::6' });
  });
}

function admitted(world: () => HookWorld): void {
  it('is completed and confirmed, keeps its holder, and tells its gateway once', async () => {
    const { w, up, held, everything } = world();
    const id = await w.connection();
    const { holderToken } = await w.granted(id, 'a');
    expect(await up(id, 1, { ifname: 'ppp3' })).toMatchObject({ kind: 'completed', triggers: [{ id: 1 }] });
    expect(await held(id)).toMatchObject({
      holder_token: holderToken,
      session_key: 'a',
      framed_ip: address,
      ifname: 'ppp3',
    });
    const before = await everything();
    expect(await up(id, 1, { ifname: 'ppp3' })).toEqual({ kind: 'unchanged' });
    expect(await everything()).toEqual(before);
  });

  it('has its gateway look again when accounting has told everything already, once', async () => {
    const { w, up, everything } = world();
    const id = await w.connection();
    await w.begun(id, 'a', address);
    expect(await up(id, 1)).toMatchObject({ kind: 'completed' });
    expect(await w.triggers()).toEqual(['gw:session-start', 'gw:ip-up']);
    const before = await everything();
    expect(await up(id, 1)).toEqual({ kind: 'unchanged' });
    expect(await everything()).toEqual(before);
  });

  it('is not touched by the start of an earlier session', async () => {
    const { w, up, everything } = world();
    const id = await w.connection();
    await w.granted(id, 'a', { at: now + 60_000, expiresAt: now + hourMs });
    const before = await everything();
    expect(await up(id, 1, { framedIp: '198.51.100.9' })).toEqual({ kind: 'late', because: 'superseded' });
    expect(await everything()).toEqual(before);
  });

  it('ends by the end of its own address and device only', async () => {
    const { w, up, down, held } = world();
    const id = await w.connection();
    await w.granted(id, 'a');
    await up(id, 1, { ifname: 'ppp3' });
    expect(await down(id, 9, { ifname: 'ppp4' })).toEqual({ kind: 'remembered' });
    expect(await down(id, 9, { ifname: 'ppp3', framedIp: '198.51.100.9', session: 'x' })).toEqual({
      kind: 'remembered',
    });
    expect(await held(id)).toBeDefined();
    expect(await down(id, 9.5, { ifname: 'ppp3', session: 'y' })).toMatchObject({ kind: 'ended' });
    expect(await held(id)).toBeUndefined();
  });

  it('is not ended by the end of the session before', async () => {
    const { w, down, held } = world();
    const id = await w.connection();
    await w.begun(id, 'a', address);
    expect(await down(id, -5)).toEqual({ kind: 'remembered' });
    expect(await held(id)).toBeDefined();
  });

  it('does not begin again when its hook comes after its Stop', async () => {
    const { w, up, held } = world();
    const id = await w.connection();
    const { holderToken } = await w.begun(id, 'a', address);
    const stop = { vpnConnectionId: id, holder: { holderToken }, reason: 'user-request', at: now + 9_000 };
    await w.truth.transaction((trx) => releaseSession(trx, stop));
    expect(await up(id, 1)).toEqual({ kind: 'late', because: 'ended' });
    expect(await held(id)).toBeUndefined();
  });
}

function afterBoot(world: () => HookWorld): void {
  it('ends what hooks have told before it, and nothing else', async () => {
    const { w, up, held } = world();
    const [before, since, byRadius] = [await w.connection(), await w.connection(), await w.connection()];
    await up(before, 1, { framedIp: '198.51.100.1' });
    await up(since, 1, { framedIp: '198.51.100.2', boot: { id: 'boot2', uptimeMs: 3 } });
    await w.begun(byRadius, 'a', '198.51.100.3');
    const ended = await w.truth.transaction((trx) =>
      endEarlierBoots(trx, { gateway: 'gw', boot: 'boot2', at: now + 20_000 }),
    );
    expect(ended).toMatchObject({ ended: 1, mayBeMore: false, triggers: [{ gateway: 'gw' }] });
    expect(await held(before)).toBeUndefined();
    expect(await held(since)).toBeDefined();
    expect(await held(byRadius)).toBeDefined();
  });
}

function hookWorld(w: SessionWorld): HookWorld {
  const event = (id: number, seconds: number) => ({
    vpnConnectionId: id,
    gateway: 'gw',
    source: 'pppd',
    session: '77.3',
    boot: { id: 'boot1', uptimeMs: 5_000_000 + seconds * 1_000 },
    at: now + seconds * 1_000,
    framedIp: address,
  });
  const rows = (table: 'active_session_locks' | 'released_sessions' | 'policy_triggers') =>
    w.truth.db.selectFrom(table).selectAll().execute();
  return {
    w,
    up: (id, seconds, more) =>
      w.truth.transaction((trx) => reportSessionUp(trx, { verb: 'up', ...event(id, seconds), ...more })),
    down: (id, seconds, more) =>
      w.truth.transaction((trx) => reportSessionDown(trx, { ...event(id, seconds), ...more })),
    held: async (id) => {
      const lock = await w.lock(id);
      return lock?.state === 'held' ? lock : undefined;
    },
    everything: async () => ({
      locks: await rows('active_session_locks'),
      ended: await rows('released_sessions'),
      triggers: await rows('policy_triggers'),
    }),
  };
}

function at(seconds: number): string {
  return stored(now + seconds * 1_000);
}
