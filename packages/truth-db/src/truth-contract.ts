/**
 * What every database has to do to be truth. Each dialect's test hands in how it opens an empty one; SQL that only one
 * of them understands does not belong here.
 */
import { isHoldfastError } from '@holdfast/base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  addGateway,
  changeConnection,
  changeWithTrigger,
  encodeTime,
  endSession,
  hashToken,
  migrate,
  provisionConnection,
  publishRun,
  readCovered,
  readGatewaySnapshot,
  recordTrigger,
  type SessionStart,
  seedDemo,
  setRate,
  slotFor,
  startSession,
  type Truth,
  type TruthTransaction,
  transitConnection,
} from './index.ts';

const now = Date.UTC(2026, 0, 10, 12, 0, 0, 250);
const hourMs = 3_600_000;

/** The `code` and `details.constraint` with which `promise` rejects. */
export async function failureOf(promise: Promise<unknown>): Promise<{ code: string; constraint?: unknown }> {
  try {
    await promise;
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    const { constraint } = error.details;
    return { code: error.code, ...(constraint !== undefined && { constraint }) };
  }
  return { code: 'none' };
}

export function truthContract(name: string, open: () => Promise<Truth>): void {
  describe(`${name} as truth`, () => {
    let truth: Truth;

    beforeEach(async () => {
      truth = await open();
      await migrate(truth);
    });

    afterEach(async () => {
      await truth.close();
    });

    describe('constraints', () => constraintsHold(() => truth));
    describe('triggers and runs', () => triggersHold(() => truth));
    describe('gateways inserted by SQL', () => bareGatewaysHold(() => truth));
    describe('snapshots', () => snapshotsHold(() => truth));
    describe('sessions', () => sessionsHold(() => truth));
    describe('connections', () => connectionsHold(() => truth));
    describe('demo', () => demoHolds(() => truth));
  });
}

function constraintsHold(truth: () => Truth): void {
  const connection = {
    token: 'a'.repeat(64),
    created_at: encodeTime(now),
    unclaimed_grace_until: encodeTime(now),
    claim_deadline: encodeTime(now),
    status: 'PREPROVISIONED',
  } as const;
  const customer = { password_hash: '!', created_at: encodeTime(now), status: 'active' } as const;
  const insertCustomer = (row: object) =>
    truth()
      .db.insertInto('customers')
      .values({ ...customer, email: 'a@example.com', ...row })
      .executeTakeFirstOrThrow();
  const insertConnection = (row: object) =>
    truth()
      .db.insertInto('vpn_connections')
      .values({ ...connection, ...row })
      .executeTakeFirstOrThrow();

  it.each([
    ['an unknown status', { status: 'LOST' }, 'check'],
    ['an unknown restricted reason', { restricted_reason: 'BORED' }, 'check'],
    ['a restricted flag of 2', { restricted_effective: 2 }, 'check'],
    ['CLAIMED without a customer', { status: 'CLAIMED' }, 'check'],
    ['a limit of 0', { down_kbit: 0 }, 'check'],
    ['a token of NULL', { token: null }, 'not-null'],
    ['a customer that does not exist', { status: 'CLAIMED', customer_id: 99 }, 'foreign-key'],
    ['a text as a number', { down_kbit: 'fast' }, 'data-type'],
    ['a fraction as a number', { down_kbit: 1.5 }, 'data-type'],
  ])('a connection with %s is refused', async (_what, row, constraint) => {
    expect(await failureOf(insertConnection(row))).toEqual({ code: 'TRUTH_INVALID', constraint });
  });

  it.each([
    ['PREPROVISIONED with a customer', 'PREPROVISIONED', { code: 'TRUTH_INVALID', constraint: 'check' }],
    ['CLAIMED with a customer', 'CLAIMED', { code: 'none' }],
    ['DISABLED with a customer', 'DISABLED', { code: 'none' }],
  ])('a connection that is %s meets its invariant', async (_what, status, outcome) => {
    const { insertId } = await insertCustomer({});
    expect(await failureOf(insertConnection({ status, customer_id: Number(insertId) }))).toEqual(outcome);
  });

  it('the same token, user name or email twice is refused', async () => {
    await insertCustomer({});
    await insertConnection({ radius_username: 'u' });
    const unique = { code: 'TRUTH_INVALID', constraint: 'unique' };
    expect(await failureOf(insertCustomer({}))).toEqual(unique);
    expect(await failureOf(insertConnection({}))).toEqual(unique);
    expect(await failureOf(insertConnection({ token: 'b', radius_username: 'u' }))).toEqual(unique);
  });

  it('a customer with an unknown status or a time that is none is refused', async () => {
    const check = { code: 'TRUTH_INVALID', constraint: 'check' };
    expect(await failureOf(insertCustomer({ status: 'asleep' }))).toEqual(check);
    expect(await failureOf(insertCustomer({ created_at: 'yesterday' }))).toEqual(check);
  });

  it('a gateway with an unknown layout or a shard count that is no power of two is refused', async () => {
    const row = {
      name: 'gw',
      layout: 'shared-device',
      device: 'wg0',
      coa_port: null,
      coa_secret: null,
    } as const;
    const insert = (change: object) =>
      truth()
        .db.insertInto('gateways')
        .values({ ...row, ...change })
        .execute();
    const check = { code: 'TRUTH_INVALID', constraint: 'check' };
    expect(await failureOf(insert({ layout: 'star' }))).toEqual(check);
    expect(await failureOf(insert({ shards: 3 }))).toEqual(check);
    expect(await failureOf(insert({}))).toEqual({ code: 'none' });
    expect((await truth().db.selectFrom('gateways').select('shards').executeTakeFirstOrThrow()).shards).toBe(
      256,
    );
  });

  it.each(['', '-gw', 'GW', '../gw', 'gw 1', 'a'.repeat(33)])(
    'a gateway named %j is refused, also as a demo, and leaves no row',
    async (name) => {
      const refused = { code: 'TRUTH_INVALID' };
      const add = truth().transaction((trx) =>
        addGateway(trx, { name, layout: 'shared-device', device: 'wg0' }),
      );
      expect(await failureOf(add)).toEqual(refused);
      expect(await failureOf(seedDemo(truth(), { gateway: name, device: 'wg0', now }))).toEqual(refused);
      expect(await truth().db.selectFrom('gateways').select('id').execute()).toEqual([]);
    },
  );

  it('a session with an unknown state, a second one of a connection, or a released one with a slot is refused', async () => {
    await truth().transaction((trx) =>
      addGateway(trx, { name: 'gw', layout: 'shared-device', device: 'wg0' }),
    );
    const { id } = await truth().transaction((trx) => provisionConnection(trx, { at: now }));
    await truth().transaction((trx) => startSession(trx, session(id)));
    const change = (row: object) =>
      truth().db.updateTable('active_session_locks').set(row).where('vpn_connection_id', '=', id).execute();
    expect(await failureOf(change({ state: 'kept' }))).toEqual({
      code: 'TRUTH_INVALID',
      constraint: 'check',
    });
    expect(await failureOf(change({ state: 'released' }))).toEqual({
      code: 'TRUTH_INVALID',
      constraint: 'check',
    });
    const lock = await truth().db.selectFrom('active_session_locks').selectAll().executeTakeFirstOrThrow();
    const { id: _id, ...copy } = { ...lock, shaping_slot: null };
    expect(await failureOf(truth().db.insertInto('active_session_locks').values(copy).execute())).toEqual({
      code: 'TRUTH_INVALID',
      constraint: 'unique',
    });
  });
}

function triggersHold(truth: () => Truth): void {
  beforeEach(() => withGateway(truth(), 'gw'));

  it('trigger ids count from 1 per gateway, whatever the other gateways do', async () => {
    await withGateway(truth(), 'other');
    const record = (gateway: string) =>
      truth().transaction((trx) => recordTrigger(trx, { gateway, reason: 'panel', at: now }));
    expect([await record('gw'), await record('gw'), await record('other'), await record('gw')]).toEqual([
      1, 2, 1, 3,
    ]);
  });

  it('a trigger that is rolled back gives its id to the next', async () => {
    const failed = truth().transaction(async (trx) => {
      await recordTrigger(trx, { gateway: 'gw', reason: 'panel', at: now });
      throw new Error('stop');
    });
    await expect(failed).rejects.toThrow();
    const { trigger } = await changeWithTrigger(
      truth(),
      { gateway: 'gw', reason: 'panel', at: now },
      async () => 0,
    );
    expect(trigger).toBe(1);
  });

  it('an id is not given out again after its trigger was pruned', async () => {
    const record = () =>
      truth().transaction((trx) => recordTrigger(trx, { gateway: 'gw', reason: 'timer', at: now }));
    await record();
    await truth().db.deleteFrom('policy_triggers').execute();
    expect(await record()).toBe(2);
  });

  it('a change whose trigger has no gateway is not made', async () => {
    const { id } = await truth().transaction((trx) => provisionConnection(trx, { at: now }));
    const change = changeWithTrigger(truth(), { gateway: 'nowhere', reason: 'panel', at: now }, (trx) =>
      transitConnection(trx, {
        vpnConnectionId: id,
        event: { kind: 'restrict', reason: 'MANUAL' },
        at: now,
      }),
    );
    expect(await failureOf(change)).toEqual({ code: 'CONFIG_INVALID' });
    expect(await connectionOf(truth(), id)).toMatchObject({ restricted_effective: 0, version: 1 });
  });

  it('covered only grows, while the last run is replaced', async () => {
    const run = { gateway: 'gw', digest: 'd', at: now, tookMs: 12.4 } as const;
    expect(await readCovered(truth(), 'gw')).toBe(0);
    await publishRun(truth(), { ...run, covered: 7, outcome: 'applied' });
    await publishRun(truth(), { ...run, covered: 5, outcome: 'unchanged', digest: 'e' });
    expect(await readCovered(truth(), 'gw')).toBe(7);
    expect(await truth().db.selectFrom('gateway_state').selectAll().executeTakeFirstOrThrow()).toEqual({
      gateway: 'gw',
      covered: 7,
      last_outcome: 'unchanged',
      last_digest: 'e',
      last_run_at: encodeTime(now),
      last_took_ms: 12,
    });
  });

  it('a run of an unknown gateway is refused', async () => {
    const run = {
      gateway: 'nowhere',
      covered: 1,
      outcome: 'applied',
      digest: 'd',
      at: now,
      tookMs: 1,
    } as const;
    expect(await failureOf(publishRun(truth(), run))).toEqual({ code: 'CONFIG_INVALID' });
    expect(await failureOf(readCovered(truth(), 'nowhere'))).toEqual({ code: 'CONFIG_INVALID' });
  });
}

function bareGatewaysHold(truth: () => Truth): void {
  const bare = {
    name: 'gw',
    layout: 'shared-device',
    device: 'wg0',
    coa_port: null,
    coa_secret: null,
  } as const;
  const record = () =>
    truth().transaction((trx) => recordTrigger(trx, { gateway: 'gw', reason: 'panel', at: now }));
  const run = { gateway: 'gw', covered: 4, outcome: 'applied', digest: 'd', at: now, tookMs: 1 } as const;

  beforeEach(() => truth().db.insertInto('gateways').values(bare).execute());

  it('a gateway without a counter gets it with its first trigger, and counts on', async () => {
    expect([await record(), await record()]).toEqual([1, 2]);
    expect((await readGatewaySnapshot(truth(), 'gw', now))?.newestTrigger).toBe(2);
  });

  it('a counter that is rolled back with its first trigger gives the id to the next', async () => {
    const failed = truth().transaction(async (trx) => {
      await recordTrigger(trx, { gateway: 'gw', reason: 'panel', at: now });
      throw new Error('stop');
    });
    await expect(failed).rejects.toThrow('stop');
    expect(await truth().db.selectFrom('trigger_counters').selectAll().execute()).toEqual([]);
    expect(await record()).toBe(1);
  });

  it.each([
    ['a trigger', 8, 4],
    ['what a run covered', 3, 9],
  ])('a counter that was lost goes on above %s', async (_what, triggerId, covered) => {
    const trigger = { gateway: 'gw', id: triggerId, reason: 'panel', created_at: encodeTime(now) };
    await truth()
      .db.insertInto('policy_triggers')
      .values({ ...trigger, vpn_connection_id: null })
      .execute();
    await publishRun(truth(), { ...run, covered });
    expect(await record()).toBe(Math.max(triggerId, covered) + 1);
  });

  it('a gateway without a state has nothing covered until its first run is stored', async () => {
    expect(await readCovered(truth(), 'gw')).toBe(0);
    await publishRun(truth(), run);
    await publishRun(truth(), { ...run, covered: 3, outcome: 'unchanged' });
    expect(await readCovered(truth(), 'gw')).toBe(4);
    const state = await truth().db.selectFrom('gateway_state').selectAll().execute();
    expect(state).toMatchObject([{ gateway: 'gw', covered: 4, last_outcome: 'unchanged' }]);
  });
}

function snapshotsHold(truth: () => Truth): void {
  it('the snapshot of an unknown gateway is absent', async () => {
    expect(await readGatewaySnapshot(truth(), 'nowhere', now)).toBeUndefined();
  });

  it('a snapshot has the live sessions of its gateway only, by connection, in JavaScript values', async () => {
    await withGateway(truth(), 'gw');
    await withGateway(truth(), 'other');
    const ids = await withConnections(truth(), 5);
    const [first = 0, expired = 0, elsewhere = 0, ended = 0, last = 0] = ids;
    await truth().transaction(async (trx) => {
      await startSession(trx, { ...session(last), framedIp: '198.51.100.9', framedIpv6: '2001:db8::9' });
      await startSession(trx, { ...session(first), framedIp: '198.51.100.8' });
      await startSession(trx, { ...session(expired), expiresAt: now });
      await startSession(trx, { ...session(elsewhere), gateway: 'other' });
      await startSession(trx, session(ended));
      await endSession(trx, { vpnConnectionId: ended, reason: 'user-request', at: now });
      await transitConnection(trx, {
        vpnConnectionId: first,
        event: { kind: 'restrict', reason: 'QUOTA' },
        at: now,
      });
      await setRate(trx, last, { downKbit: 5_000, upKbit: null });
      await recordTrigger(trx, { gateway: 'gw', reason: 'panel', vpnConnectionId: first, at: now });
    });
    const common = { status: 'PREPROVISIONED', framedIpv6: null, downKbit: null, restrictedEffective: false };
    expect(await readGatewaySnapshot(truth(), 'gw', new Date(now))).toEqual({
      gateway: { id: 1, name: 'gw', layout: 'shared-device', device: 'wg0', shards: 4 },
      newestTrigger: 1,
      sessions: [
        {
          ...common,
          vpnConnectionId: first,
          framedIp: '198.51.100.8',
          shapingSlot: slotFor(0, 1),
          restrictedEffective: true,
        },
        {
          ...common,
          vpnConnectionId: last,
          framedIp: '198.51.100.9',
          framedIpv6: '2001:db8::9',
          shapingSlot: slotFor(1, 1),
          downKbit: 5_000,
        },
      ],
    });
  });

  it('a snapshot refuses to write', async () => {
    const write = truth().snapshot((trx) =>
      addGateway(trx, { name: 'gw', layout: 'shared-device', device: 'wg0' }),
    );
    expect(await failureOf(write)).toEqual({ code: 'INTERNAL' });
    await withGateway(truth(), 'gw');
  });
}

function sessionsHold(truth: () => Truth): void {
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
    expect(await start({ ...session(a), framedIp: '198.51.100.1' })).toEqual({ shapingSlot: slotFor(1, 1) });
    expect(await start({ ...session(b), framedIp: '198.51.100.5' })).toEqual({ shapingSlot: slotFor(1, 2) });
    expect(await start({ ...session(c), framedIp: '198.51.100.9' })).toEqual({ shapingSlot: slotFor(1, 3) });
    expect(await start({ ...session(d), framedIp: null, framedIpv6: '2001:db8::1:2' })).toEqual({
      shapingSlot: slotFor(2, 1),
    });
    expect(await end(b)).toBe(true);
    expect(await start({ ...session(e), framedIp: '198.51.100.13' })).toEqual({ shapingSlot: slotFor(1, 2) });
  });

  it('a session without an address has no slot until it is told one, and keeps it inside its shard', async () => {
    const [id = 0] = await withConnections(truth(), 1);
    const addressless = { ...session(id), framedIp: null };
    expect(await start(addressless)).toEqual({ shapingSlot: null });
    expect(await start({ ...addressless, framedIp: '198.51.100.6' })).toEqual({ shapingSlot: slotFor(2, 1) });
    expect(await start({ ...addressless, framedIp: '198.51.100.2' })).toEqual({ shapingSlot: slotFor(2, 1) });
    expect(await start({ ...addressless, framedIp: '198.51.100.3' })).toEqual({ shapingSlot: slotFor(3, 1) });
  });

  it('a held session is refused to another holder until it expires, and then taken over', async () => {
    const [id = 0] = await withConnections(truth(), 1);
    await start(session(id));
    const other = { ...session(id), sessionKey: 'other' };
    expect(await failureOf(start(other))).toEqual({ code: 'LOCK_BUSY' });
    const later = now + 2 * hourMs;
    await start({ ...other, at: later, expiresAt: later + hourMs });
    const released = await truth().db.selectFrom('released_sessions').selectAll().execute();
    expect(released).toMatchObject([{ session_key: `key-${id}`, release_reason: 'expired' }]);
  });

  it('the same holder continues its session from its first start', async () => {
    const [id = 0] = await withConnections(truth(), 1);
    await start(session(id));
    await start({ ...session(id), at: now + 1_000, expiresAt: now + 2 * hourMs });
    const lock = await truth().db.selectFrom('active_session_locks').selectAll().executeTakeFirstOrThrow();
    expect(lock).toMatchObject({ acquired_at: encodeTime(now), expires_at: encodeTime(now + 2 * hourMs) });
    expect(await truth().db.selectFrom('released_sessions').select('id').execute()).toEqual([]);
  });

  it('a session is ended by its own holder only, once, and is remembered', async () => {
    const [id = 0] = await withConnections(truth(), 1);
    await start({ ...session(id), acctSessionId: 's1', nasIp: '192.0.2.1' });
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
    expect(await failureOf(start({ ...session(id), gateway: 'nowhere' }))).toEqual({
      code: 'CONFIG_INVALID',
    });
    expect(await failureOf(start(session(99)))).toEqual({ code: 'TRUTH_INVALID', constraint: 'foreign-key' });
    expect(await failureOf(start({ ...session(id), framedIp: '198.51.100' }))).toEqual({
      code: 'TRUTH_INVALID',
    });
  });

  it('the last slot of a shard is given out and the next session is refused', async () => {
    const [a = 0, b = 0, c = 0] = await withConnections(truth(), 3);
    await start(session(a));
    await start(session(b));
    await occupyShard(truth(), slotFor(0, 65_532));
    expect(await start(session(c))).toEqual({ shapingSlot: slotFor(0, 65_533) });
    const [d = 0] = await withConnections(truth(), 1);
    expect(await failureOf(start(session(d)))).toEqual({ code: 'CAPACITY' });
  });
}

function connectionsHold(truth: () => Truth): void {
  it('a connection is provisioned with 30 days of grace, 180 to claim, and only the hash of its token', async () => {
    const { id, token } = await truth().transaction((trx) => provisionConnection(trx, { at: now }));
    expect(await connectionOf(truth(), id)).toMatchObject({
      status: 'PREPROVISIONED',
      customer_id: null,
      token: hashToken(token),
      created_at: encodeTime(now),
      unclaimed_grace_until: encodeTime(now + 30 * 24 * hourMs),
      claim_deadline: encodeTime(now + 180 * 24 * hourMs),
      restricted_effective: 0,
      version: 1,
    });
    expect(token).toHaveLength(43);
  });

  it('a restriction sets and lifts the derived field and counts the version', async () => {
    const [id = 0] = await withConnections(truth(), 1);
    const happens = (kind: 'restrict' | 'unrestrict') =>
      changeConnection(truth(), { vpnConnectionId: id, event: { kind, reason: 'EXPIRY' }, at: now });
    await happens('restrict');
    const restricted = { restricted_reason: 'EXPIRY', restricted_effective: 1, version: 2 };
    expect(await connectionOf(truth(), id)).toMatchObject(restricted);
    await happens('unrestrict');
    const free = { restricted_reason: null, restricted_effective: 0, version: 3 };
    expect(await connectionOf(truth(), id)).toMatchObject(free);
  });

  it('a change of a connection that does not exist is refused', async () => {
    const rate = truth().transaction((trx) => setRate(trx, 99, { downKbit: 1, upKbit: 1 }));
    expect(await failureOf(rate)).toEqual({ code: 'CONNECTION_UNKNOWN' });
  });
}

function demoHolds(truth: () => Truth): void {
  const demo = { gateway: 'demo', device: 'wg0', now } as const;

  it('the demo is added once and is the same every time', async () => {
    expect(await seedDemo(truth(), demo)).toBe(true);
    const first = await readGatewaySnapshot(truth(), 'demo', now);
    expect(await seedDemo(truth(), { ...demo, now: now + 1 })).toBe(false);
    expect(await readGatewaySnapshot(truth(), 'demo', now)).toEqual(first);
    expect(first?.newestTrigger).toBe(1);
    expect(first?.sessions).toHaveLength(6);
    expect(first?.sessions.map((row) => row.restrictedEffective)).toEqual([
      false,
      true,
      false,
      true,
      false,
      false,
    ]);
    expect(first?.sessions.map((row) => row.downKbit)).toEqual([50_000, 20_000, null, 2_000, 10_000, 5_000]);
  });

  it('a gateway that exists is not touched by the demo of its name', async () => {
    await withGateway(truth(), 'demo');
    expect(await seedDemo(truth(), demo)).toBe(false);
    expect(await truth().db.selectFrom('customers').select('id').execute()).toEqual([]);
  });

  it('demos of two gateways share a database', async () => {
    await seedDemo(truth(), demo);
    expect(await seedDemo(truth(), { ...demo, gateway: 'demo2' })).toBe(true);
  });
}

function session(vpnConnectionId: number): SessionStart {
  return {
    gateway: 'gw',
    vpnConnectionId,
    sessionKey: `key-${vpnConnectionId}`,
    framedIp: '198.51.100.0',
    at: now,
    expiresAt: now + hourMs,
  };
}

async function withGateway(truth: Truth, name: string): Promise<void> {
  await truth.transaction((trx) =>
    addGateway(trx, { name, layout: 'shared-device', device: 'wg0', shards: 4 }),
  );
}

async function withConnections(truth: Truth, count: number): Promise<number[]> {
  return truth.transaction(async (trx) => {
    const ids: number[] = [];
    for (let made = 0; made < count; made += 1) ids.push((await provisionConnection(trx, { at: now })).id);
    return ids;
  });
}

async function connectionOf(truth: Truth, id: number): Promise<object> {
  return truth.db.selectFrom('vpn_connections').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
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
