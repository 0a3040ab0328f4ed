/** An address, or a device, that hooks report for one session after another, on every database. */
import { describe, expect, it } from 'vitest';
import { type HookWorld, hookAddress, useHookWorld } from '../testing/hook-world.ts';
import type { MakeDatabase } from '../testing/session-world.ts';

export function hookReuseContract(name: string, make: MakeDatabase): void {
  describe(`${name}: hooks that report again`, () => {
    const world = useHookWorld(make);

    describe('an address', () => reusedAddress(world));
    describe('a device', () => reusedDevice(world));
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
    expect(await held(other)).toMatchObject({ framed_ip: hookAddress });
  });

  it('is not taken back by a start that comes late', async () => {
    const { w, up, held } = world();
    const [one, other] = [await w.connection(), await w.connection()];
    await up(other, 20);
    expect(await up(one, 1)).toEqual({ kind: 'late', because: 'superseded' });
    expect(await held(one)).toBeUndefined();
    expect(await held(other)).toMatchObject({ framed_ip: hookAddress });
  });

  it('ends a session that RADIUS has admitted, too: its Stop was lost', async () => {
    const { w, up, held } = world();
    const [one, other] = [await w.connection(), await w.connection()];
    await w.begun(one, 'a', hookAddress);
    expect(await up(other, 20)).toEqual({
      kind: 'started',
      triggers: [
        { gateway: 'gw', id: 2 },
        { gateway: 'gw', id: 3 },
      ],
    });
    expect(await w.triggers()).toEqual(['gw:session-start', 'gw:session-address-reused', 'gw:ip-up']);
    expect(await w.ended(one)).toMatchObject([{ release_reason: 'address-reused', nas_disconnect: null }]);
    expect(await held(other)).toMatchObject({ framed_ip: hookAddress });
  });

  it('is that of a session of RADIUS which it completes, and the one of a hook that had it ends', async () => {
    const { w, up, held } = world();
    const [one, other] = [await w.connection(), await w.connection()];
    await up(one, 1);
    await w.granted(other, 'a');
    expect(await up(other, 20)).toMatchObject({ kind: 'completed', triggers: [{ id: 2 }, { id: 3 }] });
    expect(await held(one)).toBeUndefined();
    expect(await held(other)).toMatchObject({ framed_ip: hookAddress, session_key: 'a' });
  });

  it('stays with a session that was told it later, and the one that RADIUS has admitted begins without', async () => {
    const { w, up, held } = world();
    const [one, other] = [await w.connection(), await w.connection()];
    await up(one, 20);
    await w.granted(other, 'a');
    expect(await up(other, 1)).toMatchObject({ kind: 'completed' });
    expect(await held(one)).toMatchObject({ framed_ip: hookAddress });
    expect(await held(other)).toMatchObject({ framed_ip: null, shaping_slot: null });
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

function reusedDevice(world: () => HookWorld): void {
  /** Two connections; the first has a session on `ppp3`, at another address than the second will have. */
  async function onDevice(layout: 'per-interface' | 'shared-device') {
    const hooks = world();
    await hooks.w.truth.db.updateTable('gateways').set({ layout }).execute();
    const [one, other] = [await hooks.w.connection(), await hooks.w.connection()];
    await hooks.up(one, 1, { ifname: 'ppp3', framedIp: '198.51.100.1', session: '1.3' });
    return { ...hooks, one, other };
  }

  it('ends the session that had it, where each has its own', async () => {
    const { w, up, held, one, other } = await onDevice('per-interface');
    expect(await up(other, 20, { ifname: 'ppp3' })).toMatchObject({ kind: 'started' });
    expect(await held(one)).toBeUndefined();
    expect(await w.ended(one)).toMatchObject([{ release_reason: 'device-reused' }]);
    expect(await w.triggers()).toEqual(['gw:ip-up', 'gw:session-address-reused', 'gw:ip-up']);
  });

  it('ends nobody where all sessions share it', async () => {
    const { up, held, one, other } = await onDevice('shared-device');
    await up(other, 20, { ifname: 'ppp3' });
    expect(await held(one)).toMatchObject({ ifname: 'ppp3' });
    expect(await held(other)).toMatchObject({ ifname: 'ppp3' });
  });

  it('is not taken back by a start that comes late', async () => {
    const { up, held, one, other } = await onDevice('per-interface');
    await up(other, 20, { ifname: 'ppp3' });
    const third = await world().w.connection();
    expect(await up(third, 10, { ifname: 'ppp3', framedIp: '198.51.100.9' })).toEqual({
      kind: 'late',
      because: 'superseded',
    });
    expect(await held(one)).toBeUndefined();
    expect(await held(other)).toMatchObject({ ifname: 'ppp3' });
  });

  it('ends by what is told later of a session that has begun, and is nobody else’s on another gateway', async () => {
    const { w, up, held, one, other } = await onDevice('per-interface');
    const elsewhere = await w.connection();
    await up(elsewhere, 2, { gateway: 'gw2', ifname: 'ppp3', framedIp: '198.51.100.2' });
    await up(other, 20);
    expect(await held(one)).toBeDefined();
    await up(other, 21, { verb: 'change', ifname: 'ppp3' });
    expect(await held(one)).toBeUndefined();
    expect(await held(elsewhere)).toMatchObject({ ifname: 'ppp3' });
  });

  it('ends one that RADIUS has admitted, when a hook tells it for another of those', async () => {
    const { w, up, held, one, other } = await onDevice('per-interface');
    const third = await w.connection();
    await w.begun(other, 'a', '198.51.100.8');
    await w.begun(third, 'b', '198.51.100.9');
    await up(other, 10, { ifname: 'ppp3', framedIp: '198.51.100.8' });
    expect(await held(one)).toBeUndefined();
    await up(third, 20, { ifname: 'ppp3', framedIp: '198.51.100.9' });
    expect(await w.ended(other)).toMatchObject([
      { release_reason: 'device-reused', framed_ip: '198.51.100.8' },
    ]);
    expect(await held(third)).toMatchObject({ ifname: 'ppp3' });
    const fourth = await w.connection();
    await w.begun(fourth, 'c', '198.51.100.10');
    await up(fourth, 15, { ifname: 'ppp3', framedIp: '198.51.100.10' });
    expect(await held(third)).toMatchObject({ ifname: 'ppp3' });
    expect(await held(fourth)).toMatchObject({ ifname: null, framed_ip: '198.51.100.10' });
  });
}
