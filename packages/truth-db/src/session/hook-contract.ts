/** What hooks report about sessions without RADIUS, in any order and any number of times, on every database. */
import { describe, expect, it } from 'vitest';
import { endEarlierBoots } from '../index.ts';
import { type HookWorld, hookAddress, secondsOn, useHookWorld } from '../testing/hook-world.ts';
import { hourMs, type MakeDatabase, now } from '../testing/session-world.ts';

export function hookContract(name: string, make: MakeDatabase): void {
  describe(`${name}: hooks`, () => {
    const world = useHookWorld(make);

    describe('a session without RADIUS', () => ofItsOwn(world));
    describe('events out of order', () => outOfOrder(world));
    describe('a boot', () => afterBoot(world));
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
      framed_ip: hookAddress,
      ifname: 'ppp3',
      confirmed_at: secondsOn(1),
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
    expect(await w.ended(id)).toMatchObject([{ release_reason: 'ip-down', released_at: secondsOn(9) }]);
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
    expect(await held(id)).toMatchObject({ ifname: 'tun0', framed_ip: hookAddress, framed_ipv6: 'fd00::6' });
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
    expect(await held(id)).toMatchObject({ framed_ip: hookAddress });
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
    expect(await held(id)).toMatchObject({ acquired_at: secondsOn(20) });
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
