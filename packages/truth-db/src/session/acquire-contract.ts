/** Who gets the session of a connection, on every database. */
import { describe, expect, it } from 'vitest';
import {
  changeCustomer,
  confirmSession,
  extendSession,
  provisionConnection,
  releasePendingSession,
  releaseSession,
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

export function acquireContract(name: string, make: MakeDatabase): void {
  describe(`${name}: acquiring a session`, () => {
    const world = useSessionWorld(make);

    describe('by one device', () => oneDevice(world));
    describe('by another device', () => anotherDevice(world));
    describe('by the same device again', () => sameDevice(world));
    describe('of a connection that must not', () => refusals(world));
  });
}

function oneDevice(world: () => SessionWorld): void {
  it('grants the first one a pending lock, which is nothing that a gateway has to hear of', async () => {
    const w = world();
    const id = await w.connection();
    const answer = await w.acquire(id, 'a');
    expect(answer).toMatchObject({ kind: 'granted', expiresAt: now + minuteMs, triggers: [] });
    expect(await w.lock(id)).toMatchObject({
      state: 'held',
      session_key: 'a',
      gateway: 'gw',
      nas_ip: '192.0.2.1',
      request_vector: 'a-1',
      acquired_at: stored(now),
      expires_at: stored(now + minuteMs),
      confirmed_at: null,
      framed_ip: null,
      shaping_slot: null,
      holder_token: answer.kind === 'granted' ? answer.holderToken : '',
    });
    expect(await w.triggers()).toEqual([]);
  });

  it('grants the lock again after its release, with nothing of the session before', async () => {
    const w = world();
    const id = await w.connection();
    const first = await w.begun(id, 'a', '198.51.100.1');
    const holder = { holderToken: first.holderToken };
    await w.truth.transaction((trx) =>
      releaseSession(trx, { vpnConnectionId: id, holder, reason: 'user-request', at: now }),
    );
    const second = await w.acquire(id, 'b', { gateway: 'gw2', nasIp: null });
    expect(second.kind).toBe('granted');
    expect(second).not.toMatchObject({ holderToken: first.holderToken });
    expect(await w.lock(id)).toMatchObject({
      state: 'held',
      session_key: 'b',
      gateway: 'gw2',
      nas_ip: null,
      framed_ip: null,
      confirmed_at: null,
      release_reason: null,
      expires_at: stored(now + minuteMs),
    });
  });

  it('refuses a gateway that truth does not have, and leaves no row', async () => {
    const w = world();
    const id = await w.connection();
    expect(await failureOf(w.acquire(id, 'a', { gateway: 'nowhere' }))).toEqual({ code: 'CONFIG_INVALID' });
    expect(await w.lock(id)).toBeUndefined();
  });
}

function anotherDevice(world: () => SessionWorld): void {
  it('is refused while the first one holds, and told by whom and until when', async () => {
    const w = world();
    const id = await w.connection();
    await w.granted(id, 'a');
    const before = await w.lock(id);
    const answer = await w.acquire(id, 'b', { at: now + minuteMs - 1, expiresAt: now + hourMs });
    expect(answer).toEqual({
      kind: 'busy',
      until: now + minuteMs,
      by: {
        sessionKey: 'a',
        gateway: 'gw',
        nasIp: '192.0.2.1',
        acctSessionId: null,
        acquiredAt: now,
        expiresAt: now + minuteMs,
        isConfirmed: false,
      },
    });
    expect(await w.lock(id)).toEqual(before);
  });

  it('is refused with the request vector of the holder as well: a vector proves nothing without its key', async () => {
    const w = world();
    const id = await w.connection();
    await w.granted(id, 'a');
    expect((await w.acquire(id, 'b', { requestVector: 'a-1' })).kind).toBe('busy');
  });

  it('takes over in the millisecond in which the holder expires, which is remembered', async () => {
    const w = world();
    const id = await w.connection();
    const first = await w.granted(id, 'a');
    const later = now + minuteMs;
    const answer = await w.acquire(id, 'b', { at: later, expiresAt: later + minuteMs });
    expect(answer).toMatchObject({ kind: 'taken-over', from: { sessionKey: 'a' }, triggers: [] });
    expect(await w.lock(id)).toMatchObject({ session_key: 'b', acquired_at: stored(later), state: 'held' });
    expect(await w.ended(id)).toMatchObject([
      {
        session_key: 'a',
        release_reason: 'expired',
        released_at: stored(later),
        holder_token: first.holderToken,
      },
    ]);
  });

  it('takes over from another gateway, which gets the trigger for what it has to remove', async () => {
    const w = world();
    const id = await w.connection();
    await w.begun(id, 'a', '198.51.100.1');
    const later = now + 2 * hourMs;
    const answer = await w.acquire(id, 'b', { gateway: 'gw2', at: later, expiresAt: later + minuteMs });
    expect(answer).toMatchObject({ kind: 'taken-over', triggers: [{ gateway: 'gw', id: 2 }] });
    expect(await w.triggers()).toEqual(['gw:session-start', 'gw:session-expired']);
    expect(await w.lock(id)).toMatchObject({ gateway: 'gw2', framed_ip: null, shaping_slot: null });
  });
}

function sameDevice(world: () => SessionWorld): void {
  it('has the same session for a request that is sent again', async () => {
    const w = world();
    const id = await w.connection();
    const first = await w.granted(id, 'a');
    const again = await w.acquire(id, 'a', { at: now + 1_000, expiresAt: now + 1_000 + minuteMs });
    expect(again).toEqual({ ...first, kind: 'same-session', expiresAt: now + 1_000 + minuteMs });
  });

  it('has the same session, begun, for the request that took it when that comes once more', async () => {
    const w = world();
    const id = await w.connection();
    const first = await w.begun(id, 'a', '198.51.100.1');
    const before = await w.lock(id);
    const again = await w.acquire(id, 'a');
    expect(again).toMatchObject({
      kind: 'same-session',
      holderToken: first.holderToken,
      expiresAt: now + hourMs,
    });
    expect(await w.lock(id)).toEqual(before);
  });

  it('keeps its pending lock with a new request, which the compensation of the old one leaves alone', async () => {
    const w = world();
    const id = await w.connection();
    const first = await w.granted(id, 'a');
    const again = await w.acquire(id, 'a', { requestVector: 'a-2' });
    expect(again).toMatchObject({ kind: 'same-session', holderToken: first.holderToken });
    const compensate = (requestVector: string) =>
      w.truth.transaction((trx) =>
        releasePendingSession(trx, { vpnConnectionId: id, requestVector, at: now }),
      );
    expect((await compensate('a-1')).kind).toBe('absent');
    expect((await compensate('a-2')).kind).toBe('released');
  });

  it('begins anew after its session had begun: a late event of that one changes nothing', async () => {
    const w = world();
    const id = await w.connection();
    const first = await w.begun(id, 'a', '198.51.100.1');
    const again = await w.acquire(id, 'a', { requestVector: 'a-2', at: now + 1, expiresAt: now + minuteMs });
    expect(again).toMatchObject({ kind: 'same-session', triggers: [{ gateway: 'gw', id: 2 }] });
    expect(again).not.toMatchObject({ holderToken: first.holderToken });
    expect(await w.lock(id)).toMatchObject({
      confirmed_at: null,
      framed_ip: null,
      shaping_slot: null,
      acquired_at: stored(now + 1),
    });
    const late = { vpnConnectionId: id, holder: { holderToken: first.holderToken }, at: now + 2 };
    const ended = { kind: 'ended', reason: 'reconnected', endedAt: now + 1 };
    const { truth } = w;
    const expiresAt = now + 9 * hourMs;
    const before = await w.lock(id);
    expect(await truth.transaction((trx) => releaseSession(trx, { ...late, reason: 'stop' }))).toEqual(ended);
    expect(await truth.transaction((trx) => extendSession(trx, { ...late, expiresAt }))).toEqual(ended);
    expect(await truth.transaction((trx) => confirmSession(trx, { ...late, expiresAt }))).toEqual(ended);
    expect(await w.lock(id)).toEqual(before);
    expect(await w.triggers()).toEqual(['gw:session-start', 'gw:session-reconnected']);
  });
}

function refusals(world: () => SessionWorld): void {
  it('does not exist is refused', async () => {
    expect(await world().acquire(99, 'a')).toEqual({ kind: 'refused', because: 'unknown' });
  });

  it('is DISABLED is refused, even to the device that has its session, and has no lock afterwards', async () => {
    const w = world();
    const [id, other] = [await w.connection(), await w.connection()];
    await w.granted(other, 'a');
    const before = await w.lock(other);
    await w.truth.db.updateTable('vpn_connections').set({ status: 'DISABLED' }).execute();
    expect(await w.acquire(id, 'a')).toEqual({ kind: 'refused', because: 'disabled' });
    expect(await w.acquire(other, 'a')).toEqual({ kind: 'refused', because: 'disabled' });
    expect(await w.lock(id)).toBeUndefined();
    expect(await w.lock(other)).toEqual(before);
  });

  it.each([
    ['suspended', 'suspend'],
    ['deleted', 'delete'],
  ] as const)('belongs to a %s customer is refused', async (because, event) => {
    const w = world();
    const { id, customerId } = await claimed(w);
    await changeCustomer(w.truth, { customerId, event, at: now });
    expect(await w.acquire(id, 'a')).toEqual({ kind: 'refused', because });
    expect(await w.lock(id)).toBeUndefined();
  });

  it('is restricted is admitted: what it may do is the business of its gateway', async () => {
    const w = world();
    const { id } = await claimed(w);
    await w.truth.db
      .updateTable('vpn_connections')
      .set({ restricted_reason: 'QUOTA', restricted_effective: 1 })
      .execute();
    expect((await w.acquire(id, 'a')).kind).toBe('granted');
  });
}

async function claimed(w: SessionWorld): Promise<{ readonly id: number; readonly customerId: number }> {
  return w.truth.transaction(async (trx) => {
    const customer = {
      email: 'a@example.com',
      password_hash: '!',
      created_at: stored(now),
      status: 'active',
    } as const;
    const { insertId } = await trx.insertInto('customers').values(customer).executeTakeFirstOrThrow();
    const customerId = Number(insertId);
    const { id } = await provisionConnection(trx, { at: now });
    await trx
      .updateTable('vpn_connections')
      .set({ status: 'CLAIMED', customer_id: customerId, claimed_at: stored(now) })
      .where('id', '=', id)
      .execute();
    return { id, customerId };
  });
}
