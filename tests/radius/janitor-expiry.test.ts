/** Sessions whose time is over: who ends them, when, and when not. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, type Log, silentLog, systemClock } from '@holdfast/base';
import { LockRunner } from '@holdfast/lock-runner';
import { encodeTime, type Truth } from '@holdfast/truth-db';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Janitor } from '../../apps/radius-mapper/src/janitor/janitor.ts';
import { type MariadbServer, startMariadbServer } from '../support/mariadb-server.ts';
import { emptyDatabase } from '../support/mariadb-truth.ts';
import { isMissing } from '../support/needs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { startTruthScript } from '../truth/truth-process.ts';
import {
  type AccountingWorld,
  type AccountingWorldOptions,
  accountingWorld,
  emptyTruth,
  eventOf,
  gateway,
  nas,
  unreachable,
} from './accounting-world.ts';

const phone = { user: 'ana', caller: '203.0.113.9' };
const minuteMs = 60_000;
const { signal } = new AbortController();

interface JanitorWorld extends AccountingWorld {
  readonly janitor: Janitor;
  readonly clock: { nowMs: number };
  readonly logged: readonly { readonly fields: object; readonly event: string }[];
}

/** A world whose clock stands still. */
async function janitorWorld(options: AccountingWorldOptions = {}): Promise<JanitorWorld> {
  const time = { nowMs: Date.now() };
  const clock: Clock = { ...systemClock, wallMs: () => time.nowMs };
  const logged: { fields: object; event: string }[] = [];
  const log: Log = { ...silentLog, info: (fields, event) => void logged.push({ fields, event }) };
  const world = await accountingWorld({ clock, log, ...options });
  return { ...world, janitor: new Janitor(world.mapper), clock: time, logged };
}

describe('the janitor on SQLite', () => {
  describeJanitor(async () => 'sqlite::memory:');
});

describe.skipIf(isMissing('mariadb'))('the janitor on MariaDB', () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadbServer();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  let url: string | undefined;
  const database = async () => {
    if (url !== undefined) await emptyTruth(url);
    url ??= await emptyDatabase(server);
    return url;
  };
  describeJanitor(database);

  it('of several machines at once ends each session once', async () => {
    const shared = await database();
    await using world = await janitorWorld({ database: shared });
    const many = 1_100;
    await expiredSessions(world.truth, many);
    await using one = await temporaryDirectory();
    await using other = await temporaryDirectory();
    const children = await Promise.all(
      [one, other].map(({ path }) => startTruthScript('../radius/janitor-child.ts', shared, path)),
    );
    const ends = await Promise.all(children.map((child) => child.go()));
    for (const end of ends) expect(end, end.stderr).toMatchObject({ exit: 0, result: { end: 'done' } });
    const counted = ends.map(({ result }) => (result as { ended: number }).ended);
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(many);
    expect(await countOf(world.truth, 'released_sessions')).toBe(many);
    expect(await countOf(world.truth, 'policy_triggers')).toBe(many);
  });
});

function describeJanitor(database: () => Promise<string>): void {
  it('ends what is over, for its gateway and its NAS to hear of, and nothing else', async () => {
    await using world = await janitorWorld({ database: await database() });
    const { clock } = world;
    const over = await world.connection(phone.user);
    const living = await world.connection('ben');
    const holderToken = await world.login(over, phone);
    const receivedMs = clock.nowMs;
    await world.intake.take(eventOf('start', phone, { holderToken, framedIp: '10.8.0.7', receivedMs }));
    clock.nowMs += 15 * minuteMs;
    await world.login(living, { user: 'ben', caller: 'c' });
    expect(await world.janitor.pass(signal)).toBe('done');
    expect((await world.lock(over))?.state).toBe('released');
    expect(await world.ended(over)).toMatchObject([{ release_reason: 'expired', nas_disconnect: 'due' }]);
    expect((await world.lock(living))?.state).toBe('held');
    expect(await world.triggers()).toEqual(['session-start', 'session-expired']);
    expect(await world.metric('holdfast_radius_expired_total')).toBe(1);
    const told = world.logged.filter(({ event }) => event === 'session expired');
    expect(told.map(({ fields }) => fields)).toMatchObject([
      { vpnConnectionId: over, user: phone.user, gateway, nas, sid: 's1', heldMs: 15 * minuteMs },
    ]);
    expect(JSON.stringify(world.logged)).not.toContain(holderToken);
  });

  it('forgets what ended a week ago', async () => {
    await using world = await janitorWorld({ database: await database() });
    const id = await world.connection(phone.user);
    const ends = [8, 6].map((days) => world.clock.nowMs - days * 24 * 60 * minuteMs);
    for (const [place, at] of ends.entries()) await endedSession(world.truth, id, { at, sid: `s${place}` });
    await world.janitor.pass(signal);
    expect((await world.ended(id)).map((one) => one.acct_session_id)).toEqual(['s1']);
  });

  it('ends many in batches', async () => {
    await using world = await janitorWorld({ database: await database() });
    await expiredSessions(world.truth, 1_100);
    const sizes: number[] = [];
    const transaction: Truth['transaction'] = async (fn) => {
      const before = await countOf(world.truth, 'released_sessions');
      const result = await world.truth.transaction(fn);
      sizes.push((await countOf(world.truth, 'released_sessions')) - before);
      return result;
    };
    const janitor = new Janitor({ ...world.mapper, truth: { transaction } as Truth });
    await janitor.pass(signal);
    expect(sizes).toEqual([500, 500, 100, 0]);
  });
}

describe('the janitor after an outage', () => {
  const start = async (world: JanitorWorld) => {
    const id = await world.connection(phone.user);
    await world.janitor.pass(signal);
    await world.login(id, phone, world.clock.nowMs);
    return id;
  };
  const lifeSign = (world: JanitorWorld) =>
    world.intake.take(eventOf('start', phone, { receivedMs: world.clock.nowMs }));

  it('of the database waits until every NAS has had its turn', async () => {
    await using world = await janitorWorld();
    const id = await start(world);
    await lifeSign(world);
    const away = new Janitor({ ...world.mapper, truth: awayTruth });
    for (let tries = 0; tries < 5; tries += 1) {
      world.clock.nowMs += 4 * minuteMs;
      expect(await away.pass(signal)).toBe('again');
    }
    await world.janitor.pass(signal);
    expect((await world.lock(id))?.state).toBe('held');
    world.clock.nowMs += 4 * minuteMs;
    await lifeSign(world);
    world.clock.nowMs += 2 * minuteMs;
    await world.janitor.pass(signal);
    expect((await world.lock(id))?.state).toBe('held');
    expect(await world.metric('holdfast_radius_expired_total')).toBe(0);
  });

  it('of the mapper itself waits likewise, and ends then what has not reported', async () => {
    await using world = await janitorWorld();
    const id = await start(world);
    world.clock.nowMs += 20 * minuteMs;
    const successor = new Janitor(world.mapper);
    await successor.pass(signal);
    expect((await world.lock(id))?.state).toBe('held');
    for (let minute = 0; minute < 6; minute += 1) {
      expect((await world.lock(id))?.state).toBe('held');
      world.clock.nowMs += minuteMs;
      await successor.pass(signal);
    }
    expect((await world.lock(id))?.state).toBe('released');
  });

  it('lets somebody else log in meanwhile', async () => {
    await using world = await janitorWorld();
    const id = await start(world);
    world.clock.nowMs += 20 * minuteMs;
    await world.janitor.pass(signal);
    const holderToken = await world.login(id, { user: phone.user, caller: 'other' }, world.clock.nowMs);
    expect((await world.lock(id))?.holder_token).toBe(holderToken);
  });

  it('does not wait when its memory is damaged, and writes it anew', async () => {
    await using world = await janitorWorld();
    const id = await start(world);
    const path = join(world.stateDir, 'radius-janitor.json');
    for (const suffix of ['', '.last-good']) writeFileSync(`${path}${suffix}`, 'torn');
    world.clock.nowMs += 20 * minuteMs;
    expect(await world.janitor.pass(signal)).toBe('done');
    expect((await world.lock(id))?.state).toBe('released');
    expect(await world.janitor.pass(signal)).toBe('done');
  });
});

describe('janitors of one machine', () => {
  it('work one at a time', async () => {
    await using world = await janitorWorld();
    const id = await world.connection(phone.user);
    await world.login(id, phone, world.clock.nowMs - 10 * minuteMs);
    const runner = new LockRunner({ directory: join(world.stateDir, 'locks') });
    const held = await runner.acquire('radius:janitor');
    expect(await world.janitor.pass(signal)).toBe('done');
    expect((await world.lock(id))?.state).toBe('held');
    await held.release();
    await world.janitor.pass(signal);
    expect((await world.lock(id))?.state).toBe('released');
  });
});

const awayTruth = { transaction: async () => Promise.reject(unreachable()) } as unknown as Truth;

async function countOf(truth: Truth, table: 'released_sessions' | 'policy_triggers'): Promise<number> {
  const { count } = await truth.db
    .selectFrom(table)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

/** Held sessions whose time is over, each with an address, so that its gateway follows it. */
async function expiredSessions(truth: Truth, count: number): Promise<void> {
  const at = encodeTime(Date.now() - 10 * minuteMs);
  const numbers = Array.from({ length: count }, (_value, place) => 1_000 + place);
  await truth.transaction(async (trx) => {
    await trx
      .insertInto('vpn_connections')
      .values(
        numbers.map((id) => ({
          id,
          token: `t${id}`,
          created_at: at,
          status: 'PREPROVISIONED' as const,
          unclaimed_grace_until: at,
          claim_deadline: at,
        })),
      )
      .execute();
    await trx
      .insertInto('active_session_locks')
      .values(
        numbers.map((id) => ({
          vpn_connection_id: id,
          session_key: `k${id}`,
          acquired_at: at,
          expires_at: at,
          state: 'held' as const,
          gateway,
          nas_ip: nas,
          framed_ip: `10.9.${Math.floor(id / 250)}.${id % 250}`,
        })),
      )
      .execute();
  });
}

async function endedSession(
  truth: Truth,
  vpnConnectionId: number,
  { at, sid }: { readonly at: number; readonly sid: string },
): Promise<void> {
  await truth.db
    .insertInto('released_sessions')
    .values({
      vpn_connection_id: vpnConnectionId,
      session_key: 'k',
      acct_session_id: sid,
      acquired_at: encodeTime(at),
      released_at: encodeTime(at),
      release_reason: 'stop',
    })
    .execute();
}
