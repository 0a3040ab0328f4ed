/**
 * A batch of logins does what the same logins would do one after the other, on every database: the same answers, the same
 * rows, the same triggers.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  acquireSession,
  acquireSessions,
  addCustomer,
  changeConnection,
  changeCustomer,
  claimConnection,
  confirmSession,
  noPassword,
  provisionConnection,
  releaseSessionByHand,
  type SessionAnswer,
  type SessionRequest,
} from '../index.ts';
import { failureOf } from '../testing/failure-of.ts';
import {
  createSessionWorld,
  hourMs,
  type MakeDatabase,
  minuteMs,
  now,
  requestOf,
  type SessionWorld,
} from '../testing/session-world.ts';
import { useSessionWorld } from '../testing/use-session-world.ts';

/** @param runs - random sequences of batches */
export function batchContract(name: string, make: MakeDatabase, runs: number): void {
  describe(`${name}: a batch of logins`, () => {
    describe('beside the same ones by themselves', () => likeSingles(make, runs));
    describe('by example', () => examples(useSessionWorld(make)));
  });
}

const connections = 5;
const on = fc.nat({ max: connections - 1 });

const login = fc.record({
  on: fc.oneof({ weight: 12, arbitrary: on }, { weight: 1, arbitrary: fc.constant('nowhere' as const) }),
  device: fc.constantFrom('a', 'b'),
  vector: fc.integer({ min: 1, max: 2 }),
  gateway: fc.constantFrom('gw', 'gw', 'gw2'),
  minutesOn: fc.integer({ min: 0, max: 3 }),
  minutes: fc.integer({ min: 1, max: 3 }),
});
type Login = typeof login extends fc.Arbitrary<infer Value> ? Value : never;

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('batch'),
      logins: fc.array(login, { minLength: 1, maxLength: 16 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('confirm'), on, hasAddress: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('by-hand'), on }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait'), minutes: fc.integer({ min: 1, max: 3 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function likeSingles(make: MakeDatabase, runs: number): void {
  let together: SessionWorld;
  let alone: SessionWorld;
  beforeEach(async () => {
    [together, alone] = [await createSessionWorld(make), await createSessionWorld(make)];
  });
  afterEach(async () => {
    await together[Symbol.asyncDispose]();
    await alone[Symbol.asyncDispose]();
  });

  it('has their answers, rows and triggers, whatever was there before', async () => {
    const steps = fc.array(step, { minLength: 1, maxLength: 8, size: 'max' });
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const twins = [await beginTwin(together), await beginTwin(alone)] as const;
        let at = now;
        for (const each of sequence) {
          if (each.kind === 'wait' && 'minutes' in each) at += each.minutes * minuteMs;
          const [actual, expected] = [await play(twins[0], each, at), await play(twins[1], each, at)];
          expect(actual).toEqual(expected);
          expect(await rowsOf(twins[0])).toEqual(await rowsOf(twins[1]));
        }
      }),
      { numRuns: runs },
    );
  });

  interface Twin {
    readonly world: SessionWorld;
    readonly ids: readonly number[];
    /** Tokens are random: each is told by when it was first seen. */
    readonly seen: Map<string, string>;
  }

  /** Three connections that may log in, one that is disabled, one of a customer who is suspended. */
  async function beginTwin(world: SessionWorld): Promise<Twin> {
    const ids: number[] = [];
    for (let count = 0; count < connections - 1; count += 1) ids.push(await world.connection());
    const { id, token } = await world.truth.transaction((trx) => provisionConnection(trx, { at: now }));
    const customer = { email: `c${id}@example.com`, passwordHash: noPassword, at: now };
    const customerId = await world.truth.transaction((trx) => addCustomer(trx, customer));
    await claimConnection(world.truth, { token, customerId, at: now });
    await changeCustomer(world.truth, { customerId, event: 'suspend', at: now });
    const disabled = { vpnConnectionId: ids[3] ?? 0, event: { kind: 'disable' }, at: now } as const;
    await changeConnection(world.truth, disabled);
    return { world, ids: [...ids, id], seen: new Map() };
  }

  async function play(twin: Twin, each: Step, at: number): Promise<unknown> {
    const { world, ids, seen } = twin;
    if ('logins' in each) {
      const answers = await logIn(
        world,
        each.logins.map((one) => requestFor(ids, one, at)),
      );
      return answers.map((answer) => named(seen, answer));
    }
    if (!('on' in each)) return undefined;
    const id = ids[each.on] ?? 0;
    if (each.kind === 'by-hand') {
      const byHand = { vpnConnectionId: id, reason: 'by hand', at };
      return (await world.truth.transaction((trx) => releaseSessionByHand(trx, byHand))).kind;
    }
    const held = await world.lock(id);
    if (held?.state !== 'held' || held.holder_token === null || !('hasAddress' in each)) return 'none';
    const started = {
      vpnConnectionId: id,
      holder: { holderToken: held.holder_token },
      framedIp: each.hasAddress ? `198.51.100.${each.on + 1}` : null,
      at,
      expiresAt: at + 2 * minuteMs,
    };
    return (await world.truth.transaction((trx) => confirmSession(trx, started))).kind;
  }

  function logIn(
    world: SessionWorld,
    requests: readonly SessionRequest[],
  ): Promise<readonly SessionAnswer[]> {
    return world.truth.transaction(async (trx) => {
      if (world === together) return acquireSessions(trx, requests);
      const answers: SessionAnswer[] = [];
      for (const request of requests) answers.push(await acquireSession(trx, request));
      return answers;
    });
  }

  function requestFor(ids: readonly number[], { on: which, ...one }: Login, from: number): SessionRequest {
    const at = from + one.minutesOn * minuteMs;
    return {
      vpnConnectionId: which === 'nowhere' ? 999_999_999 : (ids[which] ?? 0),
      gateway: one.gateway,
      sessionKey: one.device,
      requestVector: `${one.device}${one.vector}`,
      nasIp: one.gateway === 'gw' ? '192.0.2.1' : null,
      at,
      expiresAt: at + one.minutes * minuteMs,
    };
  }

  function named(seen: Map<string, string>, value: object): object {
    const name = (token: string) => {
      const known = seen.get(token) ?? `token ${seen.size}`;
      seen.set(token, known);
      return known;
    };
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => {
        const isToken = (key === 'holderToken' || key === 'holder_token') && typeof one === 'string';
        return [key, isToken ? name(one) : one];
      }),
    );
  }

  async function rowsOf({ world, ids, seen }: Twin): Promise<object> {
    const { db } = world.truth;
    const without = (rows: readonly { readonly id: number }[]) =>
      rows.map(({ id: _own, ...row }) => named(seen, row));
    const locks = db
      .selectFrom('active_session_locks')
      .selectAll()
      .where('vpn_connection_id', 'in', ids)
      .orderBy('vpn_connection_id');
    const ended = db
      .selectFrom('released_sessions')
      .selectAll()
      .where('vpn_connection_id', 'in', ids)
      .orderBy('vpn_connection_id')
      .orderBy('id');
    const triggers = db
      .selectFrom('policy_triggers')
      .selectAll()
      .where('vpn_connection_id', 'in', ids)
      .orderBy('gateway')
      .orderBy('id');
    return {
      ended: without(await ended.execute()),
      locks: without(await locks.execute()),
      triggers: await triggers.execute(),
    };
  }
}

function examples(world: () => SessionWorld): void {
  const logIn = (w: SessionWorld, requests: readonly SessionRequest[]) =>
    w.truth.transaction((trx) => acquireSessions(trx, requests));

  it('of nobody is nothing', async () => {
    expect(await logIn(world(), [])).toEqual([]);
  });

  it('of several devices on one connection is granted to the first alone', async () => {
    const w = world();
    const id = await w.connection();
    const answers = await logIn(w, [requestOf(id, 'b'), requestOf(id, 'a'), requestOf(id, 'c')]);
    expect(answers).toMatchObject([
      { kind: 'granted' },
      { kind: 'busy', by: { sessionKey: 'b', isConfirmed: false }, until: now + minuteMs },
      { kind: 'busy', by: { sessionKey: 'b' } },
    ]);
    expect(await w.lock(id)).toMatchObject({ session_key: 'b', state: 'held' });
  });

  it('in which a device comes twice is one session, with its last request', async () => {
    const w = world();
    const id = await w.connection();
    const later = { at: now + 50_000, expiresAt: now + 50_000 + minuteMs };
    const latest = { at: now + 100_000, expiresAt: now + 100_000 + minuteMs }; // after the time of the first
    const answers = await logIn(w, [
      requestOf(id, 'a'),
      { ...requestOf(id, 'a'), ...later, requestVector: 'a-2' },
      { ...requestOf(id, 'a'), ...latest, requestVector: 'a-3' },
    ]);
    const [first] = answers;
    const holderToken = first?.kind === 'granted' ? first.holderToken : '';
    expect(answers).toMatchObject([
      { kind: 'granted' },
      { kind: 'same-session', holderToken },
      { kind: 'same-session', holderToken, expiresAt: latest.expiresAt },
    ]);
    expect(await w.lock(id)).toMatchObject({ holder_token: holderToken, request_vector: 'a-3' });
    expect(await w.ended(id)).toEqual([]);
  });

  it('displaces sessions of two gateways and gives each answer its own trigger', async () => {
    const w = world();
    const ids = [await w.connection(), await w.connection(), await w.connection()];
    for (const [place, id] of ids.entries())
      await w.begun(id, 'a', `198.51.100.${place + 1}`, place === 1 ? 'gw2' : 'gw');
    const times = { at: now + 2 * hourMs, expiresAt: now + 2 * hourMs + minuteMs };
    const requests = ids.toReversed().map((id) => ({ ...requestOf(id, 'b'), ...times }));
    const answers = await logIn(w, requests);
    expect(answers).toMatchObject([
      { kind: 'taken-over', triggers: [{ gateway: 'gw', id: 3 }] },
      { kind: 'taken-over', triggers: [{ gateway: 'gw2', id: 2 }] },
      { kind: 'taken-over', triggers: [{ gateway: 'gw', id: 4 }] },
    ]);
    const rows = await w.truth.db.selectFrom('policy_triggers').selectAll().where('id', '>', 2).execute();
    expect(rows.map((row) => row.vpn_connection_id)).toEqual([ids[2], ids[0]]);
  });

  it('with a gateway that truth does not have is refused as a whole', async () => {
    const w = world();
    const [one, two] = [await w.connection(), await w.connection()];
    const requests = [requestOf(one, 'a'), { ...requestOf(two, 'a'), gateway: 'nowhere' }];
    expect(await failureOf(logIn(w, requests))).toEqual({ code: 'CONFIG_INVALID' });
    expect(await w.lock(one)).toBeUndefined();
  });

  it('of 37 connections, which no statement is made for, takes each of them once', async () => {
    const w = world();
    const ids = await w.truth.transaction(async (trx) => {
      const made: number[] = [];
      for (let count = 0; count < 37; count += 1) made.push((await provisionConnection(trx, { at: now })).id);
      return made;
    });
    const answers = await logIn(
      w,
      ids.toReversed().map((id) => requestOf(id, 'a')),
    );
    expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['granted']));
    const held = await w.truth.db
      .selectFrom('active_session_locks')
      .select('holder_token')
      .orderBy('vpn_connection_id')
      .execute();
    const tokens = answers.map((answer) => ('holderToken' in answer ? answer.holderToken : ''));
    expect(held.map((row) => row.holder_token)).toEqual(tokens.toReversed());
  });
}
