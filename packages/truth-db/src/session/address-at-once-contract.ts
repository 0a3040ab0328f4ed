/** Transactions that meet at one address, or one device, of a gateway, on every database. */
import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import {
  acquireSession,
  confirmSession,
  expireSessions,
  extendSession,
  lockConnectionsOfUsers,
  releaseSession,
  reportSessionDown,
  reportSessionUp,
  type SessionHolder,
  type Truth,
  type TruthTransaction,
} from '../index.ts';
import { overlapped } from '../testing/overlapped.ts';
import {
  hourMs,
  type MakeDatabase,
  minuteMs,
  now,
  requestOf,
  type SessionWorld,
} from '../testing/session-world.ts';
import { useSessionWorld } from '../testing/use-session-world.ts';

const address = '198.51.100.6';

export function addressAtOnceContract(name: string, make: MakeDatabase): void {
  describe(`${name}: at once, one address`, () => {
    const world = useSessionWorld(make);

    describe('told for two sessions', () => twice(world));
    describe('whose earlier session', () => meanwhile(world));
    describe('among many', () => storm(world));
  });
}

const confirm = (trx: TruthTransaction, vpnConnectionId: number, holder: SessionHolder, at: number) =>
  confirmSession(trx, { vpnConnectionId, holder, framedIp: address, at, expiresAt: now + hourMs });

function twice(world: () => SessionWorld): void {
  it.each([
    ['is that of the later one', 1, 2, ['released', 'held']],
    ['stays with the first when the second report is the older one', 2, 1, ['held', 'held']],
  ] as const)('%s', async (_what, firstAt, secondAt, states) => {
    const w = world();
    const [one, two] = [await w.connection(), await w.connection()];
    const [first, second] = [await w.granted(one, 'a'), await w.granted(two, 'b')];
    await overlapped(
      w,
      (trx) => confirm(trx, one, first, now + firstAt),
      (truth) => truth.transaction((trx) => confirm(trx, two, second, now + secondAt)),
    );
    const locks = [await w.lock(one), await w.lock(two)];
    expect(locks.map((lock) => lock?.state)).toEqual(states);
    expect(await holdersOf(w.truth)).toEqual([{ framed_ip: address, holders: 1 }]);
  });
}

function meanwhile(world: () => SessionWorld): void {
  /** The first transaction changes the session that has the address; the second tells it for another one. */
  async function ends(
    change: (trx: TruthTransaction, id: number, holder: { holderToken: string }) => unknown,
  ) {
    const w = world();
    const [old, young] = [await w.connection(), await w.connection()];
    const holder = await w.begun(old, 'a', address);
    const other = await w.granted(young, 'b');
    const { second } = await overlapped(
      w,
      async (trx) => change(trx, old, holder),
      (truth) => truth.transaction((trx) => confirm(trx, young, other, now + minuteMs)),
    );
    expect(second).toMatchObject({ kind: 'confirmed' });
    expect(await w.lock(young)).toMatchObject({ framed_ip: address });
    return { reasons: (await w.ended(old)).map((row) => row.release_reason), lock: await w.lock(old) };
  }

  it('is being extended, ends when that is done', async () => {
    const { reasons } = await ends((trx, vpnConnectionId, holder) =>
      extendSession(trx, { vpnConnectionId, holder, at: now, expiresAt: now + 2 * hourMs }),
    );
    expect(reasons).toEqual(['address-reused']);
  });

  it('is being released, has ended once, for that reason', async () => {
    const { reasons } = await ends((trx, vpnConnectionId, holder) =>
      releaseSession(trx, { vpnConnectionId, holder, reason: 'stop', at: now }),
    );
    expect(reasons).toEqual(['stop']);
  });

  it('is being taken over, does not end its successor', async () => {
    const { reasons, lock } = await ends((trx, id) =>
      acquireSession(trx, { ...requestOf(id, 'c'), at: now + hourMs, expiresAt: now + 2 * hourMs }),
    );
    expect(reasons).toEqual(['expired']);
    expect(lock).toMatchObject({ state: 'held', session_key: 'c' });
  });
}

function storm(world: () => SessionWorld): void {
  const seed = randomInt(2 ** 31);

  it(`has one holder at every moment, and no transaction meets a deadlock (seed ${seed})`, async () => {
    const w = world();
    await w.truth.db.updateTable('gateways').set({ layout: 'per-interface' }).execute();
    const before = await deadlocksOf(w.truth);
    let isOver = false;
    const janitor = expireAgain(w.open(), () => isOver);
    const visitsOf = (index: number) => fc.sample(visit, { seed: seed + index, numRuns: 10 });
    const clients = [
      ...Array.from({ length: 5 }, (_client, index) => client(w, `${index}`, visitsOf(index))),
      ...Array.from({ length: 2 }, (_client, index) => hooks(w, `hook-${index}`, visitsOf(10 + index))),
    ];
    try {
      expect((await Promise.all(clients)).flat().filter((holders) => holders > 1)).toEqual([]);
    } finally {
      isOver = true;
      await Promise.allSettled([...clients, janitor]);
    }
    expect((await deadlocksOf(w.truth)) - before).toBe(0);
  });
}

const visit = fc.record({
  framedIp: fc.constantFrom(address, '198.51.100.7'),
  ifname: fc.constantFrom('ppp0', 'ppp1', null),
  /** Some are over at once, for the janitor. */
  lengthMs: fc.constantFrom(1, hourMs, hourMs),
  isStopped: fc.boolean(),
});
type Visit = typeof visit extends fc.Arbitrary<infer Value> ? Value : never;

/** Logs in, tells address and device and may leave, time and again. @returns how many had the same, each time that it looked */
async function client(w: SessionWorld, device: string, visits: readonly Visit[]): Promise<readonly number[]> {
  const truth = w.open();
  const seen: number[] = [];
  const id = await w.connection();
  for (const [round, { framedIp, ifname, lengthMs, isStopped }] of visits.entries()) {
    const at = now + round;
    const times = { at, expiresAt: at + lengthMs };
    const request = { ...requestOf(id, device), requestVector: `${round}`, ...times };
    const answer = await truth.transaction((trx) => acquireSession(trx, request));
    if (!('holderToken' in answer)) throw new Error(`the session is ${answer.kind}`);
    const told = { vpnConnectionId: id, holder: answer, framedIp, ifname, framedIpv6: '2001:db8::1' };
    await truth.transaction((trx) => confirmSession(trx, { ...told, ...times }));
    seen.push(...(await holdersOf(truth)).map(({ holders }) => holders));
    const stop = { vpnConnectionId: id, holder: answer, reason: 'stop', at };
    if (isStopped) await truth.transaction((trx) => releaseSession(trx, stop));
  }
  return seen;
}

/** Reports the sessions of two connections by hooks, several events in each transaction, as the spool is read. */
async function hooks(w: SessionWorld, name: string, visits: readonly Visit[]): Promise<readonly number[]> {
  const truth = w.open();
  const users = [`${name}-a`, `${name}-b`];
  for (const user of users) {
    const id = await w.connection();
    await truth.db
      .updateTable('vpn_connections')
      .set({ radius_username: user })
      .where('id', '=', id)
      .execute();
  }
  const seen: number[] = [];
  for (const [round, told] of visits.entries()) {
    await truth.transaction(async (trx) => {
      const ids = await lockConnectionsOfUsers(trx, users);
      for (const [place, user] of users.entries())
        await report(trx, ids.get(user) ?? 0, told, round + place / 2);
    });
    seen.push(...(await holdersOf(truth)).map(({ holders }) => holders));
  }
  return seen;
}

async function report(
  trx: TruthTransaction,
  vpnConnectionId: number,
  { framedIp, ifname, isStopped }: Visit,
  round: number,
): Promise<void> {
  const at = now + Math.round(round);
  const boot = { id: 'boot1', uptimeMs: 5_000_000 + 10 * round };
  const event = { vpnConnectionId, gateway: 'gw', source: 'pppd', session: `${round}`, boot, at };
  await reportSessionUp(trx, { ...event, verb: 'up', framedIp, ifname });
  if (isStopped) await reportSessionDown(trx, event);
}

async function expireAgain(truth: Truth, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await truth.transaction((trx) => expireSessions(trx, { at: now + minuteMs }));
    await turn();
  }
}

/** SQLite answers without ever leaving the turn to timers. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Of each address, and of each device. */
async function holdersOf(truth: Truth): Promise<readonly { readonly holders: number }[]> {
  const holders = (column: 'framed_ip' | 'framed_ipv6' | 'ifname') =>
    truth.db
      .selectFrom('active_session_locks')
      .select(({ fn }) => [column, fn.countAll<number>().as('holders')])
      .where('state', '=', 'held')
      .where(column, 'is not', null)
      .groupBy(column)
      .execute();
  return [...(await holders('framed_ip')), ...(await holders('framed_ipv6')), ...(await holders('ifname'))];
}

/** How many deadlocks the server has met; SQLite has none. */
async function deadlocksOf(truth: Truth): Promise<number> {
  if (truth.dialect.engine === 'sqlite') return 0;
  const { rows } = await sql<{ Value: string }>`show global status like 'Innodb_deadlocks'`.execute(truth.db);
  return Number(rows[0]?.Value);
}
