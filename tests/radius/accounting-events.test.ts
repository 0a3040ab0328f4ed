/** What accounting requests do to the session of a connection, in the databases that can differ. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Log, silentLog } from '@holdfast/base';
import { acquireSession, slotsPerShard, type Truth } from '@holdfast/truth-db';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AccountingEvent } from '../../apps/radius-mapper/src/accounting/accounting-event.ts';
import { type MariadbServer, startMariadbServer } from '../support/mariadb-server.ts';
import { emptyDatabase } from '../support/mariadb-truth.ts';
import { isMissing } from '../support/needs.ts';
import {
  type AccountingWorld,
  accountingWorld,
  emptyTruth,
  eventOf,
  gateway,
  leaseMs,
  nasEvent,
} from './accounting-world.ts';

const phone = { user: 'ana', caller: '203.0.113.9' };
const laptop = { user: 'ana', caller: '203.0.113.77' };
const address = { framedIp: '10.8.0.7' };

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
  let world: AccountingWorld;
  let id: number;

  beforeEach(async () => {
    world = await accountingWorld({ database: await database() });
    id = await world.connection(phone.user);
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const take = (...events: readonly AccountingEvent[]) =>
    events.reduce<Promise<readonly string[]>>(
      async (before, event) => [...(await before), await world.intake.take(event)],
      Promise.resolve([]),
    );
  const begun = async (sid = 's1') => {
    const holderToken = await world.login(id, phone);
    await take(eventOf('start', phone, { holderToken, sid, ...address }));
    return holderToken;
  };

  describe('of a session with its token', () => {
    it('Start confirms it, with addresses, Acct-Session-Id and the lease of a session', async () => {
      const holderToken = await world.login(id, phone);
      const start = eventOf('start', phone, { holderToken, ...address, framedIpv6: '2001:DB8::7' });
      expect(await take(start)).toEqual(['applied']);
      expect(await world.lock(id)).toMatchObject({
        state: 'held',
        holder_token: holderToken,
        acct_session_id: 's1',
        framed_ip: '10.8.0.7',
        framed_ipv6: '2001:db8::7',
        expires_at: new Date(start.receivedMs + leaseMs).toISOString(),
      });
      expect(await world.triggers()).toEqual(['session-start']);
    });

    it('Interim-Update extends it, and is no news', async () => {
      const holderToken = await begun();
      const later = eventOf('interim', phone, { holderToken, ...address, receivedMs: Date.now() + 300_000 });
      expect(await take(later)).toEqual(['applied']);
      expect((await world.lock(id))?.expires_at).toBe(new Date(later.receivedMs + leaseMs).toISOString());
      expect(await world.triggers()).toEqual(['session-start']);
    });

    it('is extended by the clock of the mapper, wherever that of its NAS stands', async () => {
      const holderToken = await begun();
      const receivedMs = Date.now() + 300_000;
      for (const kind of ['start', 'interim'] as const) {
        await take(
          eventOf(kind, phone, { holderToken, ...address, receivedMs, atMs: receivedMs - 3_600_000 }),
        );
        expect((await world.lock(id))?.expires_at).toBe(new Date(receivedMs + leaseMs).toISOString());
      }
    });

    it('Interim-Update confirms it where the Start was lost', async () => {
      const holderToken = await world.login(id, phone);
      await take(eventOf('interim', phone, { holderToken, ...address }));
      expect(await world.lock(id)).toMatchObject({ framed_ip: '10.8.0.7', acct_session_id: 's1' });
      expect((await world.lock(id))?.confirmed_at).not.toBeNull();
    });

    it('Interim-Update with another address moves it', async () => {
      const holderToken = await begun();
      await take(eventOf('interim', phone, { holderToken, framedIp: '10.8.0.8' }));
      expect((await world.lock(id))?.framed_ip).toBe('10.8.0.8');
      expect(await world.triggers()).toEqual(['session-start', 'session-start']);
    });

    it('an address that is nobody’s is left out, and the session goes on', async () => {
      const holderToken = await world.login(id, phone);
      expect(await take(eventOf('start', phone, { holderToken, framedIp: '0.0.0.0' }))).toEqual(['applied']);
      expect(await world.lock(id)).toMatchObject({ framed_ip: null, acct_session_id: 's1' });
    });

    it('Stop releases it', async () => {
      const holderToken = await begun();
      expect(await take(eventOf('stop', phone, { holderToken, cause: 'User-Request' }))).toEqual(['applied']);
      expect((await world.lock(id))?.state).toBe('released');
      expect(await world.ended(id)).toMatchObject([{ release_reason: 'user-request', nas_disconnect: null }]);
      expect(await world.triggers()).toEqual(['session-start', 'session-end']);
    });

    it('everything twice is the same as once', async () => {
      const holderToken = await world.login(id, phone);
      const [start, interim, stop] = (['start', 'interim', 'stop'] as const).map((kind) =>
        eventOf(kind, phone, { holderToken, ...address }),
      ) as [AccountingEvent, AccountingEvent, AccountingEvent];
      expect(await take(start, start, interim, interim, stop, stop, start, interim)).toEqual([
        ...['applied', 'applied', 'applied', 'applied', 'applied'],
        ...['ignored', 'ignored', 'ignored'],
      ]);
      expect(await world.triggers()).toEqual(['session-start', 'session-end']);
      expect(await world.ended(id)).toHaveLength(1);
    });

    it('a Stop that comes first ends what has not begun, and the Start begins nothing', async () => {
      const holderToken = await world.login(id, phone);
      expect(await take(eventOf('stop', phone, { holderToken }))).toEqual(['applied']);
      expect(await take(eventOf('start', phone, { holderToken, ...address }))).toEqual(['ignored']);
      expect((await world.lock(id))?.state).toBe('released');
    });

    it('a Stop after a takeover leaves the successor alone', async () => {
      const earlier = await world.login(id, phone, Date.now() - 3_600_000);
      const successor = await world.login(id, laptop);
      await take(eventOf('start', laptop, { holderToken: successor, sid: 's2', ...address }));
      expect(await take(eventOf('stop', phone, { holderToken: earlier }))).toEqual(['ignored']);
      expect(await world.lock(id)).toMatchObject({ state: 'held', holder_token: successor });
    });
  });

  describe('of a NAS that echoes no token', () => {
    it('a life is told by session key and Acct-Session-Id', async () => {
      await world.login(id, phone);
      const events = (['start', 'interim', 'stop'] as const).map((kind) => eventOf(kind, phone, address));
      expect(await take(...events)).toEqual(['applied', 'applied', 'applied']);
      expect((await world.lock(id))?.state).toBe('released');
      expect(await take(eventOf('start', phone, address))).toEqual(['ignored']);
    });

    it('a Stop that comes first is remembered, and its Start begins nothing', async () => {
      await world.login(id, phone);
      await take(eventOf('stop', phone));
      expect(await take(eventOf('start', phone, address), eventOf('interim', phone, address))).toEqual([
        'ignored',
        'ignored',
      ]);
      expect((await world.lock(id))?.confirmed_at).toBeNull();
    });

    it('a late Interim-Update of the session before does not touch the next one', async () => {
      await world.login(id, phone);
      await take(eventOf('start', phone, address));
      await world.login(id, phone); // the same device again
      expect(await take(eventOf('interim', phone, address))).toEqual(['ignored']);
      expect(await world.lock(id)).toMatchObject({ acct_session_id: null, confirmed_at: null });
    });
  });

  describe('without a login that we know of', () => {
    it('a Start is adopted where nobody holds', async () => {
      expect(await take(eventOf('start', phone, address))).toEqual(['applied']);
      expect(await world.lock(id)).toMatchObject({
        state: 'held',
        acct_session_id: 's1',
        framed_ip: '10.8.0.7',
      });
      expect(await world.triggers()).toEqual(['session-start']);
    });

    it('a Start with a token that truth does not know is adopted, and so are its reports', async () => {
      const holderToken = '0b0e7a4c-9a53-4c80-bd53-0d0a4ad4f7cb';
      const events = (['start', 'interim', 'stop'] as const).map((kind) =>
        eventOf(kind, phone, { holderToken, ...address }),
      );
      expect(await take(...events.slice(0, 2))).toEqual(['applied', 'applied']);
      expect(await world.ended(id)).toEqual([]);
      expect(await take(...events.slice(2))).toEqual(['applied']);
      expect((await world.lock(id))?.state).toBe('released');
    });

    it('an Interim-Update adopts what is missing', async () => {
      expect(await take(eventOf('interim', phone, address))).toEqual(['applied']);
      expect((await world.lock(id))?.framed_ip).toBe('10.8.0.7');
    });

    it('a Start takes over what is stale', async () => {
      await world.login(id, laptop, Date.now() - 3_600_000);
      await take(eventOf('start', phone, address));
      expect(await world.lock(id)).toMatchObject({ state: 'held', acct_session_id: 's1' });
      expect(await world.ended(id)).toMatchObject([{ release_reason: 'expired', nas_disconnect: 'due' }]);
    });

    it('a Start of a connection that may not log in is disowned', async () => {
      await world.happen(id, { kind: 'disable' });
      expect(await take(eventOf('start', phone, address))).toEqual(['applied']);
      expect(await world.lock(id)).toBeUndefined();
      expect(await world.ended(id)).toMatchObject([
        { release_reason: 'not-allowed', acct_session_id: 's1', nas_disconnect: 'due' },
      ]);
      expect((await world.triggers()).length).toBeGreaterThan(0);
      expect(await world.metric('holdfast_radius_conflicts_total{because="not-allowed"}')).toBe(1);
    });

    it('a Stop releases nothing', async () => {
      expect(await take(eventOf('stop', phone))).toEqual(['applied']);
      expect(await world.lock(id)).toBeUndefined();
      expect(await world.triggers()).toEqual([]);
    });
  });

  describe('while another holds', () => {
    it.each(['start', 'interim'] as const)('a %s steals nothing and is disowned, once', async (kind) => {
      const holderToken = await begun();
      const before = await world.lock(id);
      const stranger = eventOf(kind, laptop, { sid: 's2', framedIp: '10.8.0.9' });
      expect(await take(stranger, stranger)).toEqual(['applied', 'ignored']);
      expect(await world.lock(id)).toEqual(before);
      expect(before?.holder_token).toBe(holderToken);
      expect(await world.ended(id)).toMatchObject([
        { release_reason: 'conflict', acct_session_id: 's2', nas_disconnect: 'due' },
      ]);
      expect(await world.triggers()).toEqual(['session-start', 'session-disowned']);
      expect(await world.metric('holdfast_radius_conflicts_total{because="conflict"}')).toBe(1);
    });

    it('one that has no Acct-Session-Id is disowned once, too', async () => {
      await begun();
      const holderToken = '0b0e7a4c-9a53-4c80-bd53-0d0a4ad4f7cb';
      const stranger = eventOf('interim', laptop, { holderToken, sid: '' });
      expect(await take(stranger, stranger)).toEqual(['applied', 'ignored']);
      expect(await world.ended(id)).toHaveLength(1);
      expect(await world.metric('holdfast_radius_conflicts_total{because="conflict"}')).toBe(1);
    });

    it('a Stop of another releases nothing', async () => {
      await begun();
      const before = await world.lock(id);
      await take(eventOf('stop', laptop, { sid: 's2' }));
      expect(await world.lock(id)).toEqual(before);
    });
  });

  describe('of a NAS that begins anew', () => {
    it.each(['nas-on', 'nas-off'] as const)('%s releases what it held before, in batches', async (kind) => {
      const before = Date.now() - 60_000;
      const ids = [id];
      for (let made = 0; made < 3; made += 1) ids.push(await world.connection(`user${made}`));
      for (const one of ids) await world.login(one, { user: `u${one}`, caller: 'c' }, before);
      const since = await world.connection('new');
      await world.login(since, { user: 'new', caller: 'c' }, Date.now() + 1_000);
      expect(await take(nasEvent(kind))).toEqual(['applied']);
      for (const one of ids)
        expect(await world.ended(one)).toMatchObject([{ release_reason: kind, nas_disconnect: null }]);
      expect((await world.lock(since))?.state).toBe('held');
    });

    it.each([
      ['nas-off', 'released'],
      ['nas-on', 'held'],
    ] as const)('of its second, to which RADIUS tells time, %s leaves a session %s', async (kind, state) => {
      const second = Math.floor(Date.now() / 1_000) * 1_000 - 5_000;
      await world.login(id, phone, second + 400);
      await take(nasEvent(kind, { atMs: second, receivedMs: second + 700 }));
      expect((await world.lock(id))?.state).toBe(state);
    });

    it('one whose clock is ahead does not take back what it has begun since', async () => {
      await world.login(id, phone);
      const receivedMs = Date.now() - 10_000;
      await take(nasEvent('nas-on', { receivedMs, atMs: receivedMs + 240_000 }));
      expect((await world.lock(id))?.state).toBe('held');
    });

    it('a stranger that says so releases nothing', async () => {
      await begun();
      expect(await take(nasEvent('nas-on', { src: '198.51.100.1' }))).toEqual(['ignored']);
      expect((await world.lock(id))?.state).toBe('held');
    });
  });

  describe('that says nothing of a session', () => {
    it.each([
      ['of a user whom truth does not know', { user: 'nobody' }],
      ['of a user whose name is no text', { user: 'ana\udcff' }],
      ['without Acct-Session-Id and token', { sid: '' }],
      ['of a kind that is not known', { kind: 'other' }],
      ['from a stranger, of a session that is not there', { src: '198.51.100.1' }],
    ] as const)('%s changes nothing', async (_name, more) => {
      expect(await take(eventOf('start', phone, { ...address, ...more }))).toEqual(['ignored']);
      expect(await world.lock(id)).toBeUndefined();
      expect(await world.ended(id)).toEqual([]);
    });
  });

  it.each([
    ['NUL', 'a\0b'],
    ['an emoji', '\u{1f512}'],
    ['SQL', `'; drop table vpn_connections; --`],
    ['as many bytes as an attribute can have', 'é'.repeat(126)],
  ])('hostile text is text: %s', async (_name, text) => {
    const device = { user: phone.user, caller: `c${text}` };
    const events = (['start', 'interim', 'stop'] as const).map((kind) =>
      eventOf(kind, device, { sid: text, cause: text, nasId: text, ...address }),
    );
    expect(await take(...events)).toEqual(['applied', 'applied', 'applied']);
    expect((await world.lock(id))?.state).toBe('released');
    expect(await take(eventOf('start', { user: text, caller: text }, { sid: text }))).toEqual(['ignored']);
  });

  it('fifty Starts of fifty devices at once leave one session, and each other one disowned', async () => {
    const starts = Array.from({ length: 50 }, (_value, place) =>
      eventOf('start', { user: phone.user, caller: `c${place}` }, { sid: `s${place}` }),
    );
    await Promise.all(starts.map((start) => world.intake.take(start)));
    const ended = await world.ended(id);
    expect(ended.map((one) => one.release_reason)).toEqual(Array(49).fill('conflict'));
    const held = (await world.lock(id))?.acct_session_id;
    expect(new Set([held, ...ended.map((one) => one.acct_session_id)]).size).toBe(50);
    expect(held).not.toBeNull();
  });
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
