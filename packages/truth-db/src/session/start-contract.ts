/** Sessions that are started and ended in one step, and their places in the shaping tree. */
import { beforeEach, expect, it } from 'vitest';
import {
  encodeTime,
  endSession,
  type SessionStart,
  slotFor,
  startSession,
  type Truth,
  type TruthTransaction,
} from '../index.ts';
import { failureOf } from '../testing/failure-of.ts';
import { hourMs, now } from '../testing/session-world.ts';
import { startOf, withConnections, withGateway } from '../testing/truth-rows.ts';

export function startsHold(truth: () => Truth): void {
  beforeEach(() => withGateway(truth(), 'gw'));
  const start = (row: SessionStart) => truth().transaction((trx) => startSession(trx, row));
  const end = (vpnConnectionId: number, sessionKey?: string) =>
    truth().transaction((trx) =>
      endSession(trx, {
        vpnConnectionId,
        reason: 'test',
        at: now,
        ...(sessionKey !== undefined && { sessionKey }),
      }),
    );

  it('sessions get the lowest free slot of the shard of their address', async () => {
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = await withConnections(truth(), 5);
    expect(await start({ ...startOf(a), framedIp: '198.51.100.1' })).toEqual({ shapingSlot: slotFor(1, 1) });
    expect(await start({ ...startOf(b), framedIp: '198.51.100.5' })).toEqual({ shapingSlot: slotFor(1, 2) });
    expect(await start({ ...startOf(c), framedIp: '198.51.100.9' })).toEqual({ shapingSlot: slotFor(1, 3) });
    expect(await start({ ...startOf(d), framedIp: null, framedIpv6: '2001:db8::1:2' })).toEqual({
      shapingSlot: slotFor(2, 1),
    });
    expect(await end(b)).toBe(true);
    expect(await start({ ...startOf(e), framedIp: '198.51.100.13' })).toEqual({ shapingSlot: slotFor(1, 2) });
  });

  it('a session without an address has no slot until it is told one, and keeps it inside its shard', async () => {
    const [id = 0] = await withConnections(truth(), 1);
    const addressless = { ...startOf(id), framedIp: null };
    expect(await start(addressless)).toEqual({ shapingSlot: null });
    expect(await start({ ...addressless, framedIp: '198.51.100.6' })).toEqual({ shapingSlot: slotFor(2, 1) });
    expect(await start({ ...addressless, framedIp: '198.51.100.2' })).toEqual({ shapingSlot: slotFor(2, 1) });
    expect(await start({ ...addressless, framedIp: '198.51.100.3' })).toEqual({ shapingSlot: slotFor(3, 1) });
  });

  it('a held session is refused to another holder until it expires, and then taken over', async () => {
    const [id = 0] = await withConnections(truth(), 1);
    await start(startOf(id));
    const other = { ...startOf(id), sessionKey: 'other' };
    expect(await failureOf(start(other))).toEqual({ code: 'LOCK_BUSY' });
    const later = now + 2 * hourMs;
    await start({ ...other, at: later, expiresAt: later + hourMs });
    const released = await truth().db.selectFrom('released_sessions').selectAll().execute();
    expect(released).toMatchObject([{ session_key: `key-${id}`, release_reason: 'expired' }]);
  });

  it('the same holder continues its session from its first start', async () => {
    const [id = 0] = await withConnections(truth(), 1);
    await start(startOf(id));
    await start({ ...startOf(id), at: now + 1_000, expiresAt: now + 2 * hourMs });
    const lock = await truth().db.selectFrom('active_session_locks').selectAll().executeTakeFirstOrThrow();
    expect(lock).toMatchObject({ acquired_at: encodeTime(now), expires_at: encodeTime(now + 2 * hourMs) });
    expect(await truth().db.selectFrom('released_sessions').select('id').execute()).toEqual([]);
  });

  it('a session is ended by its own holder only, once, and is remembered', async () => {
    const [id = 0] = await withConnections(truth(), 1);
    await start({ ...startOf(id), acctSessionId: 's1', nasIp: '192.0.2.1' });
    expect(await end(id, 'other')).toBe(false);
    expect(await end(id, `key-${id}`)).toBe(true);
    expect(await end(id)).toBe(false);
    const lock = await truth().db.selectFrom('active_session_locks').selectAll().executeTakeFirstOrThrow();
    expect(lock).toMatchObject({ state: 'released', release_reason: 'test', shaping_slot: null });
    const released = await truth().db.selectFrom('released_sessions').selectAll().execute();
    expect(released).toMatchObject([
      { vpn_connection_id: id, acct_session_id: 's1', released_at: encodeTime(now) },
    ]);
  });

  it('a session of an unknown gateway or connection, or with a broken address, is refused', async () => {
    const [id = 0] = await withConnections(truth(), 1);
    expect(await failureOf(start({ ...startOf(id), gateway: 'nowhere' }))).toEqual({
      code: 'CONFIG_INVALID',
    });
    expect(await failureOf(start(startOf(99)))).toEqual({ code: 'TRUTH_INVALID', constraint: 'foreign-key' });
    expect(await failureOf(start({ ...startOf(id), framedIp: '198.51.100' }))).toEqual({
      code: 'TRUTH_INVALID',
    });
  });

  it('the last slot of a shard is given out and the next session is refused', async () => {
    const [a = 0, b = 0, c = 0] = await withConnections(truth(), 3);
    await start(startOf(a));
    await start(startOf(b));
    await occupyShard(truth(), slotFor(0, 65_532));
    expect(await start(startOf(c))).toEqual({ shapingSlot: slotFor(0, 65_533) });
    const [d = 0] = await withConnections(truth(), 1);
    expect(await failureOf(start(startOf(d)))).toEqual({ code: 'CAPACITY' });
  });
}

/** Fills the slots of shard 0 from 3 up to and with `upTo`; the caller has taken 1 and 2. */
async function occupyShard(truth: Truth, upTo: number): Promise<void> {
  await truth.transaction(async (trx) => {
    for (let from = slotFor(0, 3); from <= upTo; from += 1_000) {
      const count = Math.min(1_000, upTo - from + 1);
      await occupy(trx, from, count);
    }
  });
}

async function occupy(trx: TruthTransaction, from: number, count: number): Promise<void> {
  const slots = Array.from({ length: count }, (_value, index) => from + index);
  const time = encodeTime(now);
  const status = 'PREPROVISIONED' as const;
  const times = { created_at: time, unclaimed_grace_until: time, claim_deadline: time };
  await trx
    .insertInto('vpn_connections')
    .values(slots.map((slot) => ({ id: 1_000_000 + slot, token: `filler-${slot}`, status, ...times })))
    .execute();
  await trx
    .insertInto('active_session_locks')
    .values(
      slots.map((slot) => ({
        vpn_connection_id: 1_000_000 + slot,
        session_key: `filler-${slot}`,
        acquired_at: time,
        expires_at: time,
        state: 'held' as const,
        gateway: 'gw',
        shaping_slot: slot,
      })),
    )
    .execute();
}
