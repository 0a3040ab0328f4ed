/** Many processes that change the same connections, and what has to be true of them afterwards, on any database. */
import {
  addCustomer,
  addGateway,
  encodeTime,
  migrate,
  noPassword,
  provisionConnection,
  restrictedEffective,
  type Truth,
  transitByToken,
} from '@holdfast/truth-db';
import { expect } from 'vitest';
import { at, deadline, tokenOf } from './storm-facts.ts';
import { startTruthScript } from './truth-process.ts';

export interface ConnectionStorm {
  /** How the processes reach the database, and an empty one it has to be. */
  readonly url: string;
  readonly truth: Truth;
  readonly processes: number;
}

const connections = 12;

/** All processes claim all connections, each for its own customer: every connection has one winner. */
export async function expectOneWinner({ url, truth, processes }: ConnectionStorm): Promise<void> {
  const customers = await prepare(truth, processes);
  const codes = await together(customers.map((id) => [url, 'claim', String(id)]));
  const rows = await truth.db.selectFrom('vpn_connections').selectAll().orderBy('id').execute();
  expect(rows).toHaveLength(connections);
  for (const row of rows) {
    const answers = (codes as readonly Record<number, string>[]).map((answer) => answer[row.id]);
    const losers = Array.from({ length: processes - 1 }, () => 'CONNECTION_CLAIMED');
    expect(answers.toSorted()).toEqual([...losers, 'none']);
    const winner = customers[answers.indexOf('none')];
    expect(row).toMatchObject({ status: 'CLAIMED', customer_id: winner, version: 2 });
  }
}

/** Claims in the last millisecond, while the time rules disable: each connection is claimed or disabled, as was said. */
export async function expectClaimedOrDisabled({ url, truth, processes }: ConnectionStorm): Promise<void> {
  const customers = await prepare(truth, processes - 1);
  const [rules, ...codes] = await together([
    [url, 'expire', '0'],
    ...customers.map((id) => [url, 'claim-late', String(id)]),
  ]);
  const rows = await truth.db.selectFrom('vpn_connections').selectAll().execute();
  const disabled = rows.filter(({ status }) => status === 'DISABLED');
  expect((rules as Record<string, number>)['deadline-passed']).toBe(disabled.length);
  for (const row of rows) {
    const wins = (codes as readonly Record<number, string>[]).filter((answer) => answer[row.id] === 'none');
    expect(wins, `connection ${row.id}, ${row.status}`).toHaveLength(row.status === 'CLAIMED' ? 1 : 0);
    expect(row).toMatchObject({ version: 2, restricted_effective: row.status === 'CLAIMED' ? 0 : 1 });
  }
}

/** Random changes of few connections and their customers: what was acknowledged is what is there. */
export async function expectAgreement({ url, truth, processes }: ConnectionStorm): Promise<void> {
  const [ana = 0, bruno = 0] = await prepare(truth, 2);
  await truth.transaction(async (trx) => {
    const rows = await trx.selectFrom('vpn_connections').select('id').execute();
    for (const { id } of rows) {
      const customerId = id % 2 === 0 ? ana : bruno;
      await transitByToken(trx, { token: tokenOf(id), customerId, at });
      if (id > 4) await trx.deleteFrom('vpn_connections').where('id', '=', id).execute();
      else await trx.insertInto('active_session_locks').values(heldBy(id)).execute();
    }
  });
  const seeds = Array.from({ length: processes }, (_value, index) => String(index + 1));
  const told = (await together(seeds.map((seed) => [url, 'change', seed]))) as readonly {
    readonly changes: Readonly<Record<number, number>>;
    readonly gateways: number;
    readonly refused: readonly string[];
  }[];
  expect(told.flatMap(({ refused }) => refused)).toEqual([]);
  const rows = await truth.db
    .selectFrom('vpn_connections as c')
    .innerJoin('customers as u', 'u.id', 'c.customer_id')
    .select([
      'c.id',
      'c.status',
      'c.restricted_reason',
      'c.restricted_effective',
      'c.version',
      'u.status as customer',
    ])
    .execute();
  expect(rows).toHaveLength(4);
  for (const row of rows) {
    const standing = {
      status: row.status,
      restrictedReason: row.restricted_reason,
      customerStatus: row.customer,
    };
    expect(row.restricted_effective, `connection ${row.id}`).toBe(Number(restrictedEffective(standing)));
    expect(row.version, `connection ${row.id}`).toBe(
      2 + sum(told.map(({ changes }) => changes[row.id] ?? 0)),
    );
  }
  const triggers = await truth.db.selectFrom('policy_triggers').select('id').orderBy('id').execute();
  const expected = sum(told.map(({ gateways }) => gateways));
  expect(triggers.map(({ id }) => id)).toEqual(
    Array.from({ length: expected }, (_value, index) => index + 1),
  );
}

/** @returns the ids of the customers */
async function prepare(truth: Truth, customers: number): Promise<readonly number[]> {
  await migrate(truth);
  return truth.transaction(async (trx) => {
    await addGateway(trx, { name: 'gw', layout: 'shared-device', device: 'wg0' });
    for (let id = 1; id <= connections; id += 1) await provisionConnection(trx, { at, token: tokenOf(id) });
    const ids: number[] = [];
    for (let made = 0; made < customers; made += 1) {
      ids.push(await addCustomer(trx, { email: `c${made}@example.com`, passwordHash: noPassword, at }));
    }
    return ids;
  });
}

/** Starts the processes, lets all of them go at once, and gives what they printed. */
async function together(all: readonly (readonly string[])[]): Promise<readonly unknown[]> {
  const children = await Promise.all(all.map((args) => startTruthScript('connection-child.ts', ...args)));
  try {
    const ends = await Promise.all(children.map((child) => child.go()));
    for (const end of ends) expect(end, end.stderr).toMatchObject({ exit: 0 });
    return ends.map((end) => end.result);
  } finally {
    for (const child of children) await child.stop();
  }
}

function heldBy(vpnConnectionId: number) {
  const session = { session_key: `key-${vpnConnectionId}`, state: 'held' as const, gateway: 'gw' };
  const times = { acquired_at: encodeTime(at), expires_at: encodeTime(deadline) };
  return { ...session, ...times, vpn_connection_id: vpnConnectionId };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
