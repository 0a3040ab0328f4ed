/** How sessions end, one by one and many at once, on every database. */
import { describe, expect, it } from 'vitest';
import {
  expireSessions,
  extendSession,
  pruneReleasedSessions,
  releaseNasSessions,
  releasePendingSession,
  releaseSession,
  releaseSessionByHand,
  slotFor,
} from '../index.ts';
import {
  hourMs,
  type MakeDatabase,
  minuteMs,
  now,
  type SessionWorld,
  stored,
} from '../testing/session-world.ts';
import { useSessionWorld } from '../testing/use-session-world.ts';

export function endingContract(name: string, make: MakeDatabase): void {
  describe(`${name}: ending`, () => {
    const world = useSessionWorld(make);

    describe('a session by its holder', () => byHolder(world));
    describe('a session by others', () => byOthers(world));
    describe('sessions whose time is over', () => janitor(world));
    describe('sessions of a NAS', () => ofNas(world));
  });
}

const stop = (w: SessionWorld, id: number, holderToken: string) =>
  w.truth.transaction((trx) =>
    releaseSession(trx, {
      vpnConnectionId: id,
      holder: { holderToken },
      reason: 'user-request',
      at: now + 9,
    }),
  );

function byHolder(world: () => SessionWorld): void {
  it('frees lock and slot, remembers it, and tells its gateway, once', async () => {
    const w = world();
    const id = await w.connection();
    const { holderToken } = await w.begun(id, 'a', '198.51.100.6');
    expect(await stop(w, id, holderToken)).toMatchObject({
      kind: 'released',
      session: { sessionKey: 'a', gateway: 'gw', isConfirmed: true },
      triggers: [{ gateway: 'gw', id: 2 }],
    });
    const lock = await w.lock(id);
    expect(lock).toMatchObject({ state: 'released', release_reason: 'user-request', shaping_slot: null });
    expect(await w.ended(id)).toMatchObject([
      {
        session_key: 'a',
        gateway: 'gw',
        nas_ip: '192.0.2.1',
        holder_token: holderToken,
        acquired_at: stored(now),
        released_at: stored(now + 9),
        release_reason: 'user-request',
      },
    ]);
    expect(await stop(w, id, holderToken)).toEqual({
      kind: 'ended',
      reason: 'user-request',
      endedAt: now + 9,
    });
    expect(await w.lock(id)).toEqual(lock);
    expect(await w.triggers()).toEqual(['gw:session-start', 'gw:session-end']);
  });

  it('is refused to whoever is not its holder', async () => {
    const w = world();
    const [id, free] = [await w.connection(), await w.connection()];
    await w.granted(id, 'a');
    expect(await stop(w, id, 'nobody')).toMatchObject({ kind: 'busy', by: { sessionKey: 'a' } });
    expect(await stop(w, free, 'nobody')).toEqual({ kind: 'absent' });
    expect(await w.lock(id)).toMatchObject({ state: 'held' });
  });

  it('is no news for a gateway while the session has no address', async () => {
    const w = world();
    const id = await w.connection();
    const { holderToken } = await w.granted(id, 'a');
    expect(await stop(w, id, holderToken)).toMatchObject({ kind: 'released', triggers: [] });
  });
}

function byOthers(world: () => SessionWorld): void {
  const compensate = (w: SessionWorld, id: number, requestVector: string) =>
    w.truth.transaction((trx) => releasePendingSession(trx, { vpnConnectionId: id, requestVector, at: now }));

  it('takes back the pending lock of a request that failed, and only of that one', async () => {
    const w = world();
    const [id, free] = [await w.connection(), await w.connection()];
    const first = await w.granted(id, 'a');
    expect((await compensate(w, id, 'b-1')).kind).toBe('absent');
    expect((await compensate(w, free, 'a-1')).kind).toBe('absent');
    expect((await compensate(w, id, 'a-1')).kind).toBe('released');
    expect((await compensate(w, id, 'a-1')).kind).toBe('absent');
    expect((await w.acquire(id, 'b')).kind).toBe('granted');
    expect(await w.ended(id)).toMatchObject([
      { holder_token: first.holderToken, release_reason: 'request-failed' },
    ]);
  });

  it('takes nothing back from a session that has begun', async () => {
    const w = world();
    const id = await w.connection();
    await w.begun(id, 'a', '198.51.100.6');
    expect((await compensate(w, id, 'a-1')).kind).toBe('absent');
    expect(await w.lock(id)).toMatchObject({ state: 'held' });
  });

  it('frees it by hand with the reason that the operator gives', async () => {
    const w = world();
    const id = await w.connection();
    await w.begun(id, 'a', '198.51.100.6');
    const free = () =>
      w.truth.transaction((trx) =>
        releaseSessionByHand(trx, { vpnConnectionId: id, reason: 'ticket 7', at: now }),
      );
    expect(await free()).toMatchObject({
      kind: 'released',
      session: { sessionKey: 'a' },
      triggers: [{ id: 2 }],
    });
    expect(await w.lock(id)).toMatchObject({ state: 'released', release_reason: 'ticket 7' });
    expect(await free()).toEqual({ kind: 'absent' });
  });

  it('leaves a session alone that began after the operator had looked', async () => {
    const w = world();
    const id = await w.connection();
    await w.granted(id, 'a', { at: now + 1, expiresAt: now + minuteMs });
    const free = (acquiredAt: number) =>
      w.truth.transaction((trx) =>
        releaseSessionByHand(trx, { vpnConnectionId: id, reason: 'ticket 7', acquiredAt, at: now + 2 }),
      );
    expect(await free(now)).toEqual({ kind: 'absent' });
    expect((await free(now + 1)).kind).toBe('released');
  });
}

function janitor(world: () => SessionWorld): void {
  const expire = (w: SessionWorld, at: number, limit?: number) =>
    w.truth.transaction((trx) => expireSessions(trx, { at, ...(limit !== undefined && { limit }) }));

  it('ends those due, oldest first, as many as it may, with a trigger for each that a gateway follows', async () => {
    const w = world();
    const ids = [];
    for (let count = 0; count < 5; count += 1) ids.push(await w.connection());
    const [a = 0, b = 0, c = 0, pending = 0, live = 0] = ids;
    await w.begun(a, 'a', '198.51.100.1', 'gw2');
    await w.begun(b, 'b', '198.51.100.1');
    await w.begun(c, 'c', '198.51.100.5');
    await w.granted(pending, 'd');
    const holder = await w.begun(live, 'e', '198.51.100.9');
    await w.truth.transaction((trx) =>
      extendSession(trx, { vpnConnectionId: live, holder, at: now, expiresAt: now + hourMs + 1 }),
    );
    const at = now + hourMs;
    expect(await expire(w, at, 1)).toEqual({ ended: 1, mayBeMore: true, triggers: [] });
    expect(await w.lock(pending)).toMatchObject({ state: 'released', release_reason: 'expired' });
    expect(await expire(w, at)).toEqual({
      ended: 3,
      mayBeMore: false,
      triggers: [
        { gateway: 'gw', id: 4 },
        { gateway: 'gw', id: 5 },
        { gateway: 'gw2', id: 2 },
      ],
    });
    expect(await w.lock(live)).toMatchObject({ state: 'held', shaping_slot: slotFor(1, 3) });
    expect(await w.ended(a)).toMatchObject([{ release_reason: 'expired', released_at: stored(at) }]);
    expect(await expire(w, at)).toEqual({ ended: 0, mayBeMore: false, triggers: [] });
  });

  it('does not end one a millisecond before its time', async () => {
    const w = world();
    const id = await w.connection();
    await w.granted(id, 'a');
    expect(await expire(w, now + minuteMs - 1)).toMatchObject({ ended: 0 });
    expect(await expire(w, now + minuteMs)).toMatchObject({ ended: 1 });
  });

  it('leaves released ones outside of what the janitor scans', async () => {
    const w = world();
    const id = await w.connection();
    const { holderToken } = await w.granted(id, 'a');
    await stop(w, id, holderToken);
    const endOfTime = stored(Date.UTC(9999, 11, 31, 23, 59, 59, 999));
    expect(await w.lock(id)).toMatchObject({ expires_at: endOfTime });
  });

  it('forgets ended ones after a while, the oldest first', async () => {
    const w = world();
    for (let count = 0; count < 3; count += 1) {
      const id = await w.connection();
      const { holderToken } = await w.granted(id, 'a');
      await w.truth.transaction((trx) =>
        releaseSession(trx, {
          vpnConnectionId: id,
          holder: { holderToken },
          reason: 'stop',
          at: now + count,
        }),
      );
    }
    const prune = (limit?: number) =>
      w.truth.transaction((trx) => pruneReleasedSessions(trx, { before: now + 2, ...(limit && { limit }) }));
    expect(await prune(1)).toBe(1);
    const left = () =>
      w.truth.db.selectFrom('released_sessions').select('released_at').orderBy('id').execute();
    expect(await left()).toEqual([{ released_at: stored(now + 1) }, { released_at: stored(now + 2) }]);
    expect(await prune()).toBe(1);
    expect(await prune()).toBe(0);
    expect(await left()).toEqual([{ released_at: stored(now + 2) }]);
  });
}

function ofNas(world: () => SessionWorld): void {
  it('ends what it held before it began anew, and nothing of others', async () => {
    const w = world();
    const ids = [];
    for (let count = 0; count < 4; count += 1) ids.push(await w.connection());
    const [before = 0, after = 0, neighbour = 0, elsewhere = 0] = ids;
    await w.begun(before, 'a', '198.51.100.1');
    await w.granted(after, 'b', { at: now + 5, expiresAt: now + minuteMs });
    await w.granted(neighbour, 'c', { nasIp: '192.0.2.2' });
    await w.granted(elsewhere, 'd', { gateway: 'gw2' });
    const nas = { gateway: 'gw', nasIp: '192.0.2.1', before: now + 5, reason: 'nas-reboot', at: now + 9 };
    const release = () => w.truth.transaction((trx) => releaseNasSessions(trx, nas));
    expect(await release()).toEqual({ ended: 1, mayBeMore: false, triggers: [{ gateway: 'gw', id: 2 }] });
    expect(await release()).toMatchObject({ ended: 0 });
    expect(await w.ended(before)).toMatchObject([
      { release_reason: 'nas-reboot', released_at: stored(now + 9) },
    ]);
    for (const id of [after, neighbour, elsewhere]) expect(await w.lock(id)).toMatchObject({ state: 'held' });
  });
}
