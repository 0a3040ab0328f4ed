/** What accounting requests do to the session of a connection, in the databases that can differ. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Log, silentLog } from '@holdfast/base';
import { acquireSession, slotsPerShard, type Truth } from '@holdfast/truth-db';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MariadbServer, startMariadbServer } from '../support/mariadb-server.ts';
import { emptyDatabase } from '../support/mariadb-truth.ts';
import { isMissing } from '../support/needs.ts';
import { address, laptop, phone } from './accounting-ground.ts';
import { describeSessionReports } from './accounting-life-contract.ts';
import { describeOtherReports } from './accounting-stranger-contract.ts';
import { accountingWorld, emptyTruth, eventOf, gateway } from './accounting-world.ts';

describe('accounting on SQLite', () => {
  describeAccounting(async () => 'sqlite::memory:');
});

describe('accounting of a gateway that is full', () => {
  it('goes on without the address', async () => {
    await using world = await accountingWorld();
    const id = await world.connection(phone.user);
    await fillShards(world.truth);
    const holderToken = await world.login(id, phone);
    const outcome = await world.intake.take(eventOf('start', phone, { holderToken, ...address }));
    expect(outcome).toBe('applied');
    expect(await world.lock(id)).toMatchObject({
      acct_session_id: 's1',
      framed_ip: null,
      shaping_slot: null,
    });
    expect((await world.lock(id))?.confirmed_at).not.toBeNull();
  });
});

describe.skipIf(isMissing('mariadb'))('accounting on MariaDB', () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadbServer();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  let url: string | undefined;
  describeAccounting(async () => {
    if (url !== undefined) await emptyTruth(url);
    url ??= await emptyDatabase(server);
    return url;
  });

  it('a Start that has to begin a session waits for a login and does not deadlock with it', async () => {
    const told: string[] = [];
    const log: Log = { ...silentLog, debug: (_fields, event) => void told.push(event) };
    await using world = await accountingWorld({ database: await emptyDatabase(server), log });
    const id = await world.connection(phone.user);
    await world.login(id, phone);
    await world.intake.take(
      eventOf('stop', phone, { holderToken: (await world.lock(id))?.holder_token ?? '' }),
    );
    const { promise: going, resolve: go } = Promise.withResolvers<void>();
    const { promise: locked, resolve: isLocked } = Promise.withResolvers<void>();
    const login = world.truth.transaction(async (trx) => {
      await sql`select id from vpn_connections where id = ${id} for update`.execute(trx);
      isLocked();
      await going;
      const at = Date.now();
      const request = { vpnConnectionId: id, gateway, sessionKey: 'k', requestVector: 'v', nasIp: null };
      return acquireSession(trx, { ...request, at, expiresAt: at + 60_000 });
    });
    await locked;
    const start = world.intake.take(eventOf('start', laptop, { sid: 's2', ...address }));
    while ((await waitingTransactions(world.truth)) === 0) await delay(150);
    go();
    expect((await login).kind).toBe('granted');
    expect(await start).toBe('applied');
    expect(told.filter((event) => event.includes('trying again'))).toEqual([]);
    expect((await world.ended(id)).at(-1)).toMatchObject({ release_reason: 'conflict' });
  });
});

function describeAccounting(database: () => Promise<string>): void {
  describe('of a session', () => describeSessionReports(database));
  describe('of anything else', () => describeOtherReports(database));
}

/** The server looks again when nobody has asked for a tenth of a second. */
async function waitingTransactions(truth: Truth): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*) as waiting from information_schema.innodb_trx where trx_state = 'LOCK WAIT'`.execute(
    truth.db,
  );
  return rows[0]?.waiting ?? 0;
}

/** Gives every slot of a gateway that has one shard to a session. */
async function fillShards(truth: Truth): Promise<void> {
  await truth.db.updateTable('gateways').set({ shards: 1 }).execute();
  const at = '2026-01-10T00:00:00.000Z';
  const numbers = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${slotsPerShard})`;
  await truth.transaction(async (trx) => {
    await sql`insert into vpn_connections (id, token, created_at, status, unclaimed_grace_until, claim_deadline)
      ${numbers} select 1000 + i, 't' || i, ${at}, 'PREPROVISIONED', ${at}, ${at} from n`.execute(trx);
    await sql`insert into active_session_locks
      (vpn_connection_id, session_key, acquired_at, expires_at, state, gateway, shaping_slot)
      ${numbers} select 1000 + i, 'k' || i, ${at}, ${at}, 'held', ${gateway}, i from n`.execute(trx);
  });
}
