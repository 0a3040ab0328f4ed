/** Rows that break a rule of the schema are refused by the database itself. */
import { expect, it } from 'vitest';
import { addGateway, encodeTime, provisionConnection, seedDemo, startSession, type Truth } from './index.ts';
import { failureOf } from './testing/failure-of.ts';
import { now } from './testing/session-world.ts';
import { startOf } from './testing/truth-rows.ts';

export function constraintsHold(truth: () => Truth): void {
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
    await truth().transaction((trx) => startSession(trx, startOf(id)));
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
