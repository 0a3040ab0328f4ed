/** What becomes of a session that its NAS reports and truth will not have, on every database. */
import { describe, expect, it } from 'vitest';
import {
  changeConnection,
  type DisownedSession,
  disownSession,
  extendSession,
  readNasSnapshot,
  settleNasAnswers,
} from '../index.ts';
import { failureOf } from '../testing/failure-of.ts';
import { overlapped } from '../testing/overlapped.ts';
import {
  hourMs,
  type MakeDatabase,
  minuteMs,
  now,
  type SessionWorld,
  stored,
} from '../testing/session-world.ts';
import { useSessionWorld } from '../testing/use-session-world.ts';

const nasIp = '192.0.2.1';

export function disownContract(name: string, make: MakeDatabase): void {
  describe(`${name}: a session that truth will not have`, () => disowned(useSessionWorld(make)));
}

function disowned(world: () => SessionWorld): void {
  const strange = (vpnConnectionId: number, more: Partial<DisownedSession> = {}): DisownedSession => ({
    vpnConnectionId,
    gateway: 'gw',
    nasIp,
    acctSessionId: 's-2',
    sessionKey: 'b',
    framedIp: '198.51.100.9',
    at: now,
    reason: 'busy',
    ...more,
  });
  const disown = (w: SessionWorld, id: number, more?: Partial<DisownedSession>) =>
    w.truth.transaction((trx) => disownSession(trx, strange(id, more)));
  const toldOf = async (w: SessionWorld, at = now) =>
    (await readNasSnapshot(w.truth, { gateway: 'gw', at }))?.ended ?? [];
  /** Held by another device, which has told its name. */
  async function held(w: SessionWorld) {
    const id = await w.connection();
    const holder = await w.granted(id, 'a');
    await w.confirm(id, holder, { framedIp: '198.51.100.6', acctSessionId: 's-1' });
    return { id, holder };
  }

  it('is to be ended by its NAS, under its own name, and the holder goes on', async () => {
    const w = world();
    const { id, holder } = await held(w);
    const before = await w.lock(id);
    expect(await disown(w, id)).toEqual({ kind: 'disowned', triggers: [{ gateway: 'gw', id: 2 }] });
    expect(await w.lock(id)).toEqual(before);
    expect(await w.triggers()).toEqual(['gw:session-start', 'gw:session-disowned']);
    expect(await w.ended(id)).toMatchObject([
      {
        session_key: 'b',
        acct_session_id: 's-2',
        nas_ip: nasIp,
        release_reason: 'busy',
        nas_disconnect: 'due',
      },
    ]);
    expect(await toldOf(w)).toMatchObject([
      {
        vpnConnectionId: id,
        nasIp,
        acctSessionId: 's-2',
        framedIp: '198.51.100.9',
        hasSuccessor: true,
        successorId: 's-1',
      },
    ]);
    const alive = { vpnConnectionId: id, holder, at: now, expiresAt: now + 2 * hourMs };
    expect((await w.truth.transaction((trx) => extendSession(trx, alive))).kind).toBe('extended');
  });

  it('of a connection that may not log in is to be ended too', async () => {
    const w = world();
    const id = await w.connection();
    await changeConnection(w.truth, { vpnConnectionId: id, event: { kind: 'disable' }, at: now });
    expect((await disown(w, id, { reason: 'disabled' })).kind).toBe('disowned');
    expect(await toldOf(w)).toMatchObject([{ acctSessionId: 's-2', hasSuccessor: false }]);
    expect(await w.lock(id)).toBeUndefined();
  });

  it('is one row and one trigger, however often it is reported, and whatever the NAS answers', async () => {
    const w = world();
    const { id } = await held(w);
    await disown(w, id);
    for (const at of [now, now + minuteMs, now + hourMs, now + 23 * hourMs])
      expect(await disown(w, id, { at })).toEqual({ kind: 'known' });
    const [session] = await toldOf(w);
    if (session === undefined) throw new Error('the NAS is told of nothing');
    const at = now + 9 * minuteMs;
    const settlements = [{ kind: 'told', session, as: 'acked' }] as const;
    await w.truth.transaction((trx) => settleNasAnswers(trx, { gateway: 'gw', at, settlements }));
    expect(await disown(w, id, { at: now + 15 * minuteMs })).toEqual({ kind: 'known' });
    expect(await w.ended(id)).toHaveLength(1);
    expect(await w.triggers()).toHaveLength(2);
  });

  it('that goes on after its NAS was told is told of again', async () => {
    const w = world();
    const { id } = await held(w);
    await disown(w, id);
    await w.truth.db.updateTable('released_sessions').set({ nas_disconnect: 'acked' }).execute();
    const at = now + 15 * minuteMs + 1;
    expect((await disown(w, id, { at })).kind).toBe('disowned');
    expect(await toldOf(w, at)).toMatchObject([{ acctSessionId: 's-2' }]);
    const tokens = (await w.ended(id)).map((row) => row.holder_token);
    expect(new Set(tokens).size).toBe(2);
  });

  it('is told of again when its NAS was not reached for a day', async () => {
    const w = world();
    const { id } = await held(w);
    await disown(w, id);
    const at = now + 24 * hourMs;
    expect(await toldOf(w, at)).toEqual([]);
    expect((await disown(w, id, { at })).kind).toBe('disowned');
    expect(await toldOf(w, at)).toMatchObject([{ acctSessionId: 's-2' }]);
  });

  it('is another one with another name, NAS or device', async () => {
    const w = world();
    const { id } = await held(w);
    await disown(w, id);
    for (const more of [
      { acctSessionId: 's-3' },
      { acctSessionId: null },
      { nasIp: '192.0.2.2' },
      { sessionKey: 'c' },
    ]) {
      expect((await disown(w, id, more)).kind).toBe('disowned');
      expect(await disown(w, id, more)).toEqual({ kind: 'known' });
    }
    expect(await w.ended(id)).toHaveLength(5);
  });

  it('is never the one that is held, nor one that may be it', async () => {
    const w = world();
    const { id } = await held(w);
    const pending = await w.connection();
    await w.granted(pending, 'a');
    const before = [await w.lock(id), await w.lock(pending)];
    expect(await disown(w, id, { sessionKey: 'a', acctSessionId: 's-1' })).toEqual({ kind: 'held' });
    expect(await disown(w, pending, { sessionKey: 'a' })).toEqual({ kind: 'held' });
    expect((await disown(w, id, { sessionKey: 'a' })).kind).toBe('disowned');
    expect([await w.lock(id), await w.lock(pending)]).toEqual(before);
    expect((await w.ended(pending)).length).toBe(0);
  });

  it('is remembered like one that has ended: its reports begin nothing', async () => {
    const w = world();
    const { id } = await held(w);
    await disown(w, id);
    const holder = { sessionKey: 'b', acctSessionId: 's-2' };
    const alive = { vpnConnectionId: id, holder, at: now, expiresAt: now + hourMs };
    expect(await w.truth.transaction((trx) => extendSession(trx, alive))).toEqual({
      kind: 'ended',
      reason: 'busy',
      endedAt: now,
    });
    expect((await w.ended(id)).map((row) => row.released_at)).toEqual([stored(now)]);
  });

  it('that two report at once is one', async () => {
    const w = world();
    const { id } = await held(w);
    const { first, second } = await overlapped(
      w,
      (trx) => disownSession(trx, strange(id)),
      (truth) => truth.transaction((trx) => disownSession(trx, strange(id))),
    );
    expect([first.kind, second.kind]).toEqual(['disowned', 'known']);
    expect(await w.ended(id)).toHaveLength(1);
  });

  it('of a connection or gateway that truth does not have is refused', async () => {
    const w = world();
    const id = await w.connection();
    const refused = { code: 'TRUTH_INVALID', constraint: 'foreign-key' };
    expect(await failureOf(disown(w, 999_999))).toEqual(refused);
    expect(await failureOf(disown(w, id, { gateway: 'nowhere' }))).toEqual(refused);
  });
}
