/** What hooks report on a gateway where RADIUS admits, on every database. */
import { describe, expect, it } from 'vitest';
import { releaseSession } from '../index.ts';
import { type HookWorld, hookAddress, useHookWorld } from '../testing/hook-world.ts';
import { hourMs, type MakeDatabase, now } from '../testing/session-world.ts';

export function hookAdmittedContract(name: string, make: MakeDatabase): void {
  describe(`${name}: hooks beside RADIUS`, () => {
    const world = useHookWorld(make);

    describe('a session that RADIUS has admitted', () => admitted(world));
    describe('a session that RADIUS has not admitted', () => beginningsOfRadius(world));
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
      framed_ip: hookAddress,
      ifname: 'ppp3',
    });
    const before = await everything();
    expect(await up(id, 1, { ifname: 'ppp3' })).toEqual({ kind: 'unchanged' });
    expect(await everything()).toEqual(before);
  });

  it('has its gateway look again when accounting has told everything already, once', async () => {
    const { w, up, everything } = world();
    const id = await w.connection();
    await w.begun(id, 'a', hookAddress);
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
    await w.begun(id, 'a', hookAddress);
    expect(await down(id, -5)).toEqual({ kind: 'remembered' });
    expect(await held(id)).toBeDefined();
  });

  it('does not begin again when its hook comes after its Stop', async () => {
    const { w, up, held } = world();
    const id = await w.connection();
    const { holderToken } = await w.begun(id, 'a', hookAddress);
    const stop = { vpnConnectionId: id, holder: { holderToken }, reason: 'user-request', at: now + 9_000 };
    await w.truth.transaction((trx) => releaseSession(trx, stop));
    expect(await up(id, 1)).toEqual({ kind: 'late', because: 'ended' });
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
