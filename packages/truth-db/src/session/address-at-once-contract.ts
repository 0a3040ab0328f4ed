/** Transactions that meet at one address of a gateway, on every database. */
import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import {
  acquireSession,
  confirmSession,
  expireSessions,
  extendSession,
  releaseSession,
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
    const before = await deadlocksOf(w.truth);
    let isOver = false;
    const janitor = expireAgain(w.open(), () => isOver);
    const clients = Array.from({ length: 6 }, (_client, index) =>
      client(w, `${index}`, fc.sample(visit, { seed: seed + index, numRuns: 10 })),
    );
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
  /** Some are over at once, for the janitor. */
  lengthMs: fc.constantFrom(1, hourMs, hourMs),
  isStopped: fc.boolean(),
});

/** Logs in, tells an address and may leave, time and again. @returns how many had an address, each time that it looked */
async function client(
  w: SessionWorld,
  device: string,
  visits: readonly (typeof visit extends fc.Arbitrary<infer Visit> ? Visit : never)[],
): Promise<readonly number[]> {
  const truth = w.open();
  const seen: number[] = [];
  const id = await w.connection();
  for (const [round, { framedIp, lengthMs, isStopped }] of visits.entries()) {
    const at = now + round;
    const times = { at, expiresAt: at + lengthMs };
    const request = { ...requestOf(id, device), requestVector: `${round}`, ...times };
    const answer = await truth.transaction((trx) => acquireSession(trx, request));
    if (!('holderToken' in answer)) throw new Error(`the session is ${answer.kind}`);
    const told = { vpnConnectionId: id, holder: answer, framedIp, framedIpv6: '2001:db8::1' };
    await truth.transaction((trx) => confirmSession(trx, { ...told, ...times }));
    seen.push(...(await holdersOf(truth)).map(({ holders }) => holders));
    const stop = { vpnConnectionId: id, holder: answer, reason: 'stop', at };
    if (isStopped) await truth.transaction((trx) => releaseSession(trx, stop));
  }
  return seen;
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

async function holdersOf(truth: Truth) {
  return truth.db
    .selectFrom('active_session_locks')
    .select(({ fn }) => ['framed_ip', fn.countAll<number>().as('holders')])
    .where('state', '=', 'held')
    .where('framed_ip', 'is not', null)
    .groupBy('framed_ip')
    .execute();
}

/** How many deadlocks the server has met; SQLite has none. */
async function deadlocksOf(truth: Truth): Promise<number> {
  if (truth.dialect.engine === 'sqlite') return 0;
  const { rows } = await sql<{ Value: string }>`show global status like 'Innodb_deadlocks'`.execute(truth.db);
  return Number(rows[0]?.Value);
}
