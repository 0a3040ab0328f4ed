/** What truth keeps of NASes, on every database. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  changeConnection,
  confirmSession,
  disconnectedMark,
  expireSessions,
  type NasSettlement,
  type NasSnapshot,
  readNasSnapshot,
  recordNasApplied,
  releaseNasSessions,
  releasePendingSession,
  releaseSession,
  releaseSessionByHand,
  settleNasAnswers,
  storeNasSilences,
} from '../index.ts';
import {
  createSessionWorld,
  hourMs,
  type MakeDatabase,
  minuteMs,
  now,
  type SessionWorld,
  stored,
} from '../testing/session-world.ts';

const nasIp = '192.0.2.1';

export function nasContract(name: string, make: MakeDatabase): void {
  describe(`${name}: NASes`, () => {
    let w: SessionWorld;
    beforeEach(async () => {
      w = await createSessionWorld(make);
      await w.truth.db
        .updateTable('gateways')
        .set({ coa_secret: 'hunter2', nas_profile: 'filter' })
        .where('name', '=', 'gw')
        .execute();
      await w.truth.db.insertInto('gateway_nas_addresses').values({ nas_ip: nasIp, gateway: 'gw' }).execute();
    });
    afterEach(() => w[Symbol.asyncDispose]());

    describe('the snapshot', () => snapshots(() => w));
    describe('an ended session', () => endings(() => w));
    describe('an answer', () => answers(() => w));
    describe('a silent NAS', () => silences(() => w));
  });
}

async function read(w: SessionWorld, at = now, connections?: readonly number[]): Promise<NasSnapshot> {
  const snapshot = await readNasSnapshot(w.truth, { gateway: 'gw', at, connections });
  if (snapshot === undefined) throw new Error('the gateway is gone');
  return snapshot;
}

/** A session that has begun and was named by its NAS. */
async function begun(w: SessionWorld, id: number, device: string, acctSessionId: string | null = null) {
  const { holderToken } = await w.granted(id, device);
  const framedIp = `198.51.100.${id}`;
  const start = { vpnConnectionId: id, holder: { holderToken }, framedIp, acctSessionId };
  await w.truth.transaction((trx) => confirmSession(trx, { ...start, at: now, expiresAt: now + hourMs }));
  return holderToken;
}

const settle = (w: SessionWorld, settlements: readonly NasSettlement[], at = now) =>
  w.truth.transaction((trx) => settleNasAnswers(trx, { gateway: 'gw', at, settlements }));

function snapshots(world: () => SessionWorld): void {
  it('has how to speak to the NASes, without showing the secret', async () => {
    const { gateway } = await read(world());
    expect(gateway).toMatchObject({ name: 'gw', profile: 'filter', port: 3799, addresses: [nasIp] });
    expect(gateway.secret?.export().toString()).toBe('hunter2');
    expect(JSON.stringify(gateway)).not.toContain('hunter2');
    expect(await readNasSnapshot(world().truth, { gateway: 'gw9', at: now })).toBeUndefined();
  });

  it('has sessions that have begun and are not over, with what their NAS should know', async () => {
    const w = world();
    const [id, pending, elsewhere] = [await w.connection(), await w.connection(), await w.connection()];
    const holderToken = await begun(w, id, 'a', 's-1');
    await w.granted(pending, 'b');
    await w.begun(elsewhere, 'c', '198.51.100.99', 'gw2');
    const { sessions } = await read(w);
    expect(sessions).toEqual([
      {
        id: expect.any(Number),
        vpnConnectionId: id,
        holderToken,
        nasIp,
        userName: null,
        acctSessionId: 's-1',
        framedIp: `198.51.100.${id}`,
        status: 'PREPROVISIONED',
        customerStatus: null,
        isRestricted: false,
        downKbit: null,
        upKbit: null,
        nasApplied: null,
      },
    ]);
    expect((await read(w, now + hourMs)).sessions).toEqual([]);
    expect((await read(w, now, [pending])).sessions).toEqual([]);
    expect((await read(w, now, [pending, id])).sessions).toHaveLength(1);
  });

  it('has only those that have to go where a NAS is told nothing else', async () => {
    const w = world();
    const [id, gone] = [await w.connection(), await w.connection()];
    for (const one of [id, gone]) await begun(w, one, 'a');
    await changeConnection(w.truth, { vpnConnectionId: gone, event: { kind: 'disable' }, at: now });
    const idsOf = async () => (await read(w)).sessions.map(({ vpnConnectionId }) => vpnConnectionId);
    expect(await idsOf()).toEqual([id, gone]);
    await w.truth.db.updateTable('gateways').set({ nas_profile: null }).execute();
    expect(await idsOf()).toEqual([gone]);
    await w.truth.db.updateTable('gateways').set({ nas_profile: 'filter', coa_secret: '' }).execute();
    expect(await idsOf()).toEqual([gone]);
    expect((await read(w)).gateway.secret).toBeNull();
  });
}

function endings(world: () => SessionWorld): void {
  const endedIds = async (w: SessionWorld) => (await read(w)).ended.map((one) => one.acctSessionId);

  it('is to be told to its NAS when an operator or the janitor ended it', async () => {
    const w = world();
    const [byHand, expired] = [await w.connection(), await w.connection()];
    await begun(w, byHand, 'a', 'hand');
    await begun(w, expired, 'b', 'late');
    await w.truth.transaction((trx) =>
      releaseSessionByHand(trx, { vpnConnectionId: byHand, reason: 'ticket 7', at: now }),
    );
    await w.truth.transaction((trx) => expireSessions(trx, { at: now + hourMs }));
    const { ended } = await read(w, now + hourMs);
    expect(ended).toMatchObject([
      { vpnConnectionId: byHand, nasIp, acctSessionId: 'hand', framedIp: `198.51.100.${byHand}` },
      { vpnConnectionId: expired, nasIp, acctSessionId: 'late', hasSuccessor: false, successorId: null },
    ]);
  });

  it('is to be told, with who came after it, when it was displaced', async () => {
    const w = world();
    const id = await w.connection();
    await begun(w, id, 'a', 'first');
    await w.granted(id, 'a', { requestVector: 'again' });
    expect((await read(w)).ended).toMatchObject([
      { acctSessionId: 'first', hasSuccessor: true, successorId: null },
    ]);
  });

  it('is not when the NAS itself has ended it, or never had it', async () => {
    const w = world();
    const [stopped, rebooted, failed] = [await w.connection(), await w.connection(), await w.connection()];
    const holderToken = await begun(w, stopped, 'a', 'stopped');
    await w.truth.transaction((trx) =>
      releaseSession(trx, {
        vpnConnectionId: stopped,
        holder: { holderToken },
        reason: 'user-request',
        at: now,
      }),
    );
    await w.granted(failed, 'c');
    await w.truth.transaction((trx) =>
      releasePendingSession(trx, { vpnConnectionId: failed, requestVector: 'c-1', at: now }),
    );
    await begun(w, rebooted, 'b', 'rebooted');
    const nas = { gateway: 'gw', nasIp, before: now + 1, reason: 'nas-reboot', at: now + 1 };
    await w.truth.transaction((trx) => releaseNasSessions(trx, nas));
    expect(await endedIds(w)).toEqual([]);
  });

  it('is not after a day', async () => {
    const w = world();
    const id = await w.connection();
    await begun(w, id, 'a', 'old');
    await w.truth.transaction((trx) =>
      releaseSessionByHand(trx, { vpnConnectionId: id, reason: 'x', at: now }),
    );
    expect((await read(w, now + 24 * hourMs - 1)).ended).toHaveLength(1);
    expect((await read(w, now + 24 * hourMs)).ended).toEqual([]);
  });

  it('is settled once, by what the NAS has said of it', async () => {
    const w = world();
    for (const as of ['acked', 'gone', 'superseded'] as const) {
      const id = await w.connection();
      await begun(w, id, 'a', as);
      await w.truth.transaction((trx) =>
        releaseSessionByHand(trx, { vpnConnectionId: id, reason: 'x', at: now }),
      );
      const [session] = (await read(w)).ended;
      if (session === undefined) throw new Error('nothing to tell');
      await settle(w, [{ kind: 'told', session, as }]);
      expect(await w.ended(id)).toMatchObject([{ nas_disconnect: as }]);
      expect(await endedIds(w)).toEqual([]);
    }
  });
}

function answers(world: () => SessionWorld): void {
  const sessionOf = async (w: SessionWorld) => {
    const [session] = (await read(w)).sessions;
    if (session === undefined) throw new Error('no session');
    return session;
  };

  it('that acknowledges attributes is what the session has from then on', async () => {
    const w = world();
    const id = await w.connection();
    await begun(w, id, 'a');
    const session = await sessionOf(w);
    await settle(w, [{ kind: 'put-off', session, asked: 'm', errorCause: 401, retryAt: now + minuteMs }]);
    expect((await read(w)).answers).toEqual([
      { holderToken: session.holderToken, asked: 'm', errorCause: 401, retryAt: now + minuteMs },
    ]);
    await settle(w, [{ kind: 'applied', session, mark: 'm' }]);
    expect(await w.lock(id)).toMatchObject({ nas_applied: 'm', state: 'held' });
    expect((await read(w)).answers).toEqual([]);
  });

  it('and the Access-Accept, which says the same, count for their own session only', async () => {
    const w = world();
    const id = await w.connection();
    const holderToken = await begun(w, id, 'a', 'first');
    const before = await sessionOf(w);
    await w.truth.transaction((trx) =>
      recordNasApplied(trx, { vpnConnectionId: id, holderToken, mark: 'accepted' }),
    );
    expect(await w.lock(id)).toMatchObject({ nas_applied: 'accepted' });
    await w.granted(id, 'a', { requestVector: 'again' });
    await settle(w, [{ kind: 'applied', session: before, mark: 'late' }]);
    await settle(w, [{ kind: 'ending', session: before, retryAt: now }]);
    await settle(w, [{ kind: 'gone', session: before }]);
    expect(await w.lock(id)).toMatchObject({ nas_applied: null, state: 'held' });
  });

  it('that the session is ending leaves it until its Stop, or until its time is over', async () => {
    const w = world();
    const id = await w.connection();
    await begun(w, id, 'a');
    const session = await sessionOf(w);
    await settle(w, [{ kind: 'ending', session, retryAt: now + minuteMs }]);
    expect(await w.lock(id)).toMatchObject({
      state: 'held',
      nas_applied: disconnectedMark,
      expires_at: stored(now + hourMs),
    });
    expect((await read(w)).answers).toMatchObject([{ asked: disconnectedMark, retryAt: now + minuteMs }]);
    await w.truth.transaction((trx) => expireSessions(trx, { at: now + hourMs }));
    expect(await w.ended(id)).toMatchObject([{ release_reason: 'expired', nas_disconnect: 'acked' }]);
    expect((await read(w)).ended).toEqual([]);
  });

  it('that the session is not there ends it, with a trigger for its gateway', async () => {
    const w = world();
    const [id, other] = [await w.connection(), await w.connection()];
    await begun(w, id, 'a');
    await begun(w, other, 'b');
    const session = await sessionOf(w);
    expect(await settle(w, [{ kind: 'gone', session }], now + 5)).toMatchObject({
      released: 1,
      triggers: [{ gateway: 'gw', id: 3 }],
    });
    expect(await w.lock(id)).toMatchObject({ state: 'released', release_reason: 'unknown-to-nas' });
    expect(await w.ended(id)).toMatchObject([{ nas_disconnect: null, released_at: stored(now + 5) }]);
    expect(await w.lock(other)).toMatchObject({ state: 'held' });
    expect(await settle(w, [{ kind: 'gone', session }])).toEqual({ released: 0, triggers: [] });
  });

  it('is forgotten a day after its time', async () => {
    const w = world();
    await begun(w, await w.connection(), 'a');
    const session = await sessionOf(w);
    await settle(w, [{ kind: 'put-off', session, asked: 'm', errorCause: null, retryAt: now }]);
    await settle(w, [], now + 24 * hourMs);
    expect((await read(w)).answers).toHaveLength(1);
    await settle(w, [], now + 24 * hourMs + 1);
    expect((await read(w)).answers).toEqual([]);
  });
}

function silences(world: () => SessionWorld): void {
  it('is remembered by its gateway until it is heard again', async () => {
    const w = world();
    const silent = [{ nasIp, runs: 1, retryAt: now + minuteMs }];
    const store = (nases: { silent?: typeof silent; heard?: readonly string[] }, gateway = 'gw') =>
      w.truth.transaction((trx) => storeNasSilences(trx, { gateway, silent: [], heard: [], ...nases }));
    await store({ silent });
    await store({ silent: [{ nasIp, runs: 2, retryAt: now + hourMs }] });
    await store({ silent }, 'gw2');
    expect((await read(w)).silences).toEqual([{ nasIp, runs: 2, retryAt: now + hourMs }]);
    await store({ heard: [nasIp] });
    expect((await read(w)).silences).toEqual([]);
    expect(await w.truth.db.selectFrom('nas_silences').select('gateway').execute()).toEqual([
      { gateway: 'gw2' },
    ]);
  });
}
