/** MariaDB against the contract of connections and customers, on a private server, and what only row locks can do wrong. */
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MariadbServer, startMariadbServer } from '../../../../tests/support/mariadb-server.ts';
import { emptyDatabase } from '../../../../tests/support/mariadb-truth.ts';
import { isMissing } from '../../../../tests/support/needs.ts';
import {
  acquireSession,
  applyTimeRules,
  changeConnection,
  changeCustomer,
  claimConnection,
  migrate,
  openTruth,
  type Truth,
  type TruthTransaction,
  transitByToken,
  transitConnection,
  transitCustomer,
} from '../index.ts';
import { type AccountWorld, dayMs, openAccounts, start } from '../testing/account-world.ts';
import { codeOf } from '../testing/code-of.ts';
import { connectionContract } from './connection-contract.ts';

describe.skipIf(isMissing('mariadb'))('on a private server', () => {
  let server: MariadbServer;

  beforeAll(async () => {
    server = await startMariadbServer();
  });

  afterAll(() => server?.[Symbol.asyncDispose]());

  connectionContract('MariaDB', async () => openTruth(await emptyDatabase(server)), { runs: 20 });
  describe('two transactions at once', () => meet(async () => emptyDatabase(server)));
});

function meet(database: () => Promise<string>): void {
  let truth: Truth;
  let other: Truth;
  let world: AccountWorld;
  let ana: number;
  let claimed: number;

  beforeEach(async () => {
    const url = await database();
    truth = openTruth(url);
    other = openTruth(url);
    await migrate(truth);
    world = await openAccounts(truth);
    ana = await world.customer('ana');
    claimed = (await world.provision('gw1')).id;
    await world.happen(claimed, { kind: 'claim', customerId: ana });
    await world.happen(claimed, { kind: 'restrict', reason: 'QUOTA' });
    return async () => {
      await truth.close();
      await other.close();
    };
  });

  /** Begins `second` while `first` has done its work and not committed, and lets `first` commit when `second` waits for it. */
  async function interleave<Result>(
    first: (trx: TruthTransaction) => Promise<unknown>,
    second: () => Promise<Result>,
  ): Promise<Result> {
    let waiting: Promise<Result> | undefined;
    await truth.transaction(async (trx) => {
      await first(trx);
      waiting = second();
      waiting.catch(() => undefined);
      while (!(await isAnyoneWaiting(trx))) await delay(pollMs);
    });
    if (waiting === undefined) throw new Error('the second one never began');
    return waiting;
  }

  it('a restriction that is lifted while the customer is suspended leaves nothing open', async () => {
    const change = await interleave(
      (trx) => transitCustomer(trx, { customerId: ana, event: 'suspend' }),
      () =>
        changeConnection(other, {
          vpnConnectionId: claimed,
          event: { kind: 'unrestrict', reason: 'QUOTA' },
          at: start,
        }),
    );
    expect(change).toMatchObject({ isChanged: true, access: 'refused', gateways: [] });
    expect(await world.connection(claimed)).toMatchObject({
      restricted_reason: null,
      restricted_effective: 1,
    });
  });

  it('a claim that meets the suspension of its customer is refused', async () => {
    const { id, token } = await world.provision();
    const code = await interleave(
      (trx) => transitCustomer(trx, { customerId: ana, event: 'suspend' }),
      () => codeOf(claimConnection(other, { token, customerId: ana, at: start })),
    );
    expect(code).toBe('CUSTOMER_INACTIVE');
    expect(await world.connection(id)).toMatchObject({ status: 'PREPROVISIONED', version: 1 });
  });

  it('an edit that saw the version which another is just changing is refused', async () => {
    const disable = { vpnConnectionId: claimed, event: { kind: 'disable' }, at: start } as const;
    const code = await interleave(
      (trx) => transitConnection(trx, disable),
      () =>
        codeOf(
          changeConnection(other, { ...disable, event: { kind: 'restrict', reason: 'MANUAL' }, version: 3 }),
        ),
    );
    expect(code).toBe('VERSION_CONFLICT');
    expect(await world.connection(claimed)).toMatchObject({ status: 'DISABLED', restricted_reason: 'QUOTA' });
  });

  it.each([
    ['deadline', 180],
    ['grace', 30],
  ])('a claim in the last moment stays, though its %s was due when the rule looked', async (_what, days) => {
    const { id, token } = await world.provision('gw1');
    const at = start + days * dayMs;
    const result = await interleave(
      (trx) => transitByToken(trx, { token, customerId: ana, at: at - 1 }),
      () => applyTimeRules(other, { at }),
    );
    expect(result).toEqual({ 'deadline-passed': 0, 'grace-passed': 0 });
    const claimedAt = { status: 'CLAIMED', restricted_reason: null, restricted_effective: 0, version: 2 };
    expect(await world.connection(id)).toMatchObject(claimedAt);
  });

  it('logins, changes and suspensions of one customer lock in one order, so that none of them ends in a deadlock', async () => {
    const before = await deadlocksOf(truth);
    const rounds = Array.from({ length: 40 }, (_value, round) => round);
    const login = async (round: number) =>
      truth.transaction((trx) =>
        acquireSession(trx, {
          vpnConnectionId: claimed,
          gateway: 'gw1',
          sessionKey: `device-${round}`,
          requestVector: `request-${round}`,
          at: start + round * dayMs,
          expiresAt: start + round * dayMs + 1,
        }),
      );
    const restrict = (round: number) =>
      world.happen(claimed, { kind: round % 2 === 0 ? 'restrict' : 'unrestrict', reason: 'MANUAL' });
    const suspend = (round: number) =>
      changeCustomer(other, { customerId: ana, event: round % 2 === 0 ? 'suspend' : 'activate', at: start });
    await Promise.all(
      [login, restrict, suspend].map(async (act) => {
        for (const round of rounds) await act(round);
      }),
    );
    expect(await deadlocksOf(truth)).toBe(before);
  });

  it('a change that meets another decides from what that one left', async () => {
    const { id, token } = await world.provision('gw1');
    const change = await interleave(
      (trx) =>
        transitConnection(trx, {
          vpnConnectionId: id,
          event: { kind: 'restrict', reason: 'MANUAL' },
          at: start,
        }),
      () => claimConnection(other, { token, customerId: ana, at: start }),
    );
    expect(change).toMatchObject({ access: 'restricted', version: 3 });
    expect(await world.connection(id)).toMatchObject({
      status: 'CLAIMED',
      restricted_reason: 'MANUAL',
      version: 3,
    });
  });
}

async function deadlocksOf(truth: Truth): Promise<number> {
  const status = sql<{ Value: string }>`show global status like 'innodb_deadlocks'`;
  return Number((await status.execute(truth.db)).rows[0]?.Value);
}

/** InnoDB renews what it tells of its transactions only when nobody has asked for 100 ms. */
const pollMs = 110;

/** Whether a transaction of the server waits for a row that another one holds. */
async function isAnyoneWaiting(trx: TruthTransaction): Promise<boolean> {
  const waits = sql`select trx_id from information_schema.innodb_trx where trx_state = 'LOCK WAIT'`;
  return (await waits.execute(trx)).rows.length > 0;
}
