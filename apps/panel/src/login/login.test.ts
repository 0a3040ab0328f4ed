/** Logging in and out: what is given, what is kept, and who gets in no more. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setAdminStatus } from '../admin/admins.ts';
import {
  ana,
  cheapHasher,
  type LoginWorld,
  loginWorld,
  password,
  root,
  wideLimits,
} from '../testing/login-world.ts';

const hourMs = 3_600_000;

describe('a login', () => {
  let world: LoginWorld;

  beforeEach(async () => {
    world = await loginWorld({ limits: wideLimits });
  });
  afterEach(() => world[Symbol.asyncDispose]());

  it('of a customer tells who it is, and its access token is taken', async () => {
    const browser = world.browser();
    const { status, body } = await browser.login(' ANA@Example.com ', password);
    expect(status).toBe(200);
    expect(body.me).toEqual({ id: 'c1', role: 'customer', email: ana, name: ana, customerId: 1 });
    expect(Date.parse(body.expiresAt) - world.clock.wallMs()).toBeGreaterThan(4 * 60_000);
    const me = await browser.asMe('GET', '/v1/me');
    expect(me).toMatchObject({ status: 200, body: { id: 'c1', role: 'customer' } });
    expect(me.headers.get('cache-control')).toBe('no-store');
  });

  it('of an admin makes an identity of that role', async () => {
    const browser = world.browser();
    const { body } = await browser.login(root, password);
    expect(body.me).toEqual({ id: 'a1', role: 'admin', email: root, name: 'Root' });
    expect(await world.logins.identify(body.accessToken)).toMatchObject({
      principal: 'a1',
      name: 'Root',
      viewer: { role: 'admin' },
      generation: 1,
    });
  });

  it('sets cookies that no script reads, no other site sends and no other path gets', async () => {
    const browser = world.browser();
    await browser.login(ana, password);
    const [refresh, device] = browser.setCookies.toSorted().toReversed();
    expect(refresh).toMatch(
      /^holdfast-refresh=v1\.[0-9a-f]{32}\.1\.[\w-]{43}; Max-Age=604800; Path=\/v1\/auth; HttpOnly; SameSite=Strict$/,
    );
    expect(device).toMatch(
      /^holdfast-device=[0-9a-f-]{36}; Max-Age=34560000; Path=\/v1\/auth; HttpOnly; SameSite=Strict$/,
    );
  });

  it('over TLS sets them for TLS alone, under the name that no plain page can set', async () => {
    const browser = world.another({ isCookieSecure: true }).browser();
    await browser.login(ana, password);
    expect(browser.setCookies.map((cookie) => /^[^=]*|; Secure/g.exec(cookie)?.[0]).toSorted()).toEqual([
      '__Secure-holdfast-refresh',
      'holdfast-device',
    ]);
    for (const cookie of browser.setCookies) expect(cookie).toContain('; Secure');
    expect((await browser.refresh()).status).toBe(200);
  });

  it('keeps the device of its browser, and takes no name for one that we have not made', async () => {
    const browser = world.browser();
    await browser.login(ana, password);
    const device = browser.cookies.get('holdfast-device');
    await browser.login(ana, password);
    expect(browser.cookies.get('holdfast-device')).toBe(device);
    browser.cookies.set('holdfast-device', 'x'.repeat(300));
    await browser.login(ana, password);
    expect(browser.cookies.get('holdfast-device')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('ends the login that its browser had', async () => {
    const browser = world.browser();
    await browser.login(ana, password);
    const before = browser.accessToken;
    await browser.login(root, password);
    expect(await browser.me(before)).toBe(401);
    expect(await browser.me()).toBe(200);
  });

  it('with a wrong password, an unknown address or what is none, is one refusal at the cost of one hash', async () => {
    const answers = [];
    for (const [email, typed] of [
      [ana, 'wrong'],
      [root, 'wrong'],
      ['nobody@example.com', password],
      ['not an address', password],
      [ana, 'x'.repeat(256)],
    ] as const) {
      const before = world.hashes();
      const { status, body } = await world.browser().login(email, typed);
      const { traceId: _, ...problem } = body;
      answers.push({ status, problem, hashes: world.hashes() - before });
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({
      status: 401,
      hashes: 1,
      problem: { code: 'login_failed', captcha: 'not_required' },
    });
  });

  it('asks both tables whoever it is, so that nobody can tell an admin by the time', async () => {
    const asked: number[] = [];
    for (const email of [ana, root, 'nobody@example.com']) {
      let statements = 0;
      const { db } = world.truth;
      const spy = db.selectFrom.bind(db);
      Object.assign(db, {
        selectFrom: (...tables: Parameters<typeof spy>) => {
          statements += ['customers', 'panel_admins'].includes(String(tables[0])) ? 1 : 0;
          return spy(...tables);
        },
      });
      await world.browser().login(email, 'wrong');
      Object.assign(db, { selectFrom: spy });
      asked.push(statements);
    }
    expect(asked).toEqual([2, 2, 2]);
  });

  it('is the admin’s where an address is in both tables', async () => {
    await world.customer('both@example.com');
    await world.truth.db.updateTable('panel_admins').set({ email: 'both@example.com' }).execute();
    const { body } = await world.browser().login('both@example.com', password);
    expect(body.me.id).toBe('a1');
  });

  it('of a suspended or deleted customer, or a disabled admin, is refused as with a wrong password', async () => {
    await world.truth.db.updateTable('customers').set({ status: 'suspended' }).execute();
    await setAdminStatus(world.truth, root, 'disabled');
    const refused = [];
    for (const email of [ana, root]) refused.push(await world.browser().login(email, password));
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual([
      [401, 'login_failed'],
      [401, 'login_failed'],
    ]);
    expect(await world.truth.db.selectFrom('token_families').select('family_id').execute()).toEqual([]);
  });

  it('whose password was changed while it was verified gets nobody in', async () => {
    const hash = await cheapHasher().hash('another one');
    const inner = cheapHasher();
    let isFirst = true;
    const other = world.another({
      passwords: {
        ...inner,
        verify: async (...asked) => {
          const verified = await inner.verify(...asked);
          if (isFirst) await world.truth.db.updateTable('customers').set({ password_hash: hash }).execute();
          isFirst = false;
          return verified;
        },
      },
    });
    expect((await other.browser().login(ana, password)).body.code).toBe('login_failed');
    expect((await other.browser().login(ana, 'another one')).status).toBe(200);
  });

  it('renews a hash of lower cost, and two at once that both do get in', async () => {
    const dearer = cheapHasher({ memoryKib: 16 });
    const other = world.another({ passwords: dearer });
    const both = await Promise.all([1, 2].map(() => other.browser().login(ana, password)));
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    const row = await world.truth.db.selectFrom('customers').selectAll().executeTakeFirstOrThrow();
    expect(row).toMatchObject({ version: 1, password_hash: expect.stringContaining('$m=16,') });
  });

  it('for which there is no room is turned away, and costs the account nothing', async () => {
    const inner = cheapHasher();
    const gate = Promise.withResolvers<void>();
    const other = world.another({
      passwords: {
        ...inner,
        verify: async (...asked) => {
          await gate.promise;
          return await inner.verify(...asked);
        },
      },
    });
    const waiting = Array.from({ length: 132 }, () => other.browser().login(ana, password));
    const turnedAway = await Promise.race(waiting);
    expect(turnedAway).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(turnedAway.headers.get('retry-after')).toBe('2');
    gate.resolve();
    const statuses = (await Promise.all(waiting)).map(({ status }) => status);
    expect(Map.groupBy(statuses, (status) => status).get(200)).toHaveLength(128);
  });

  it('is over after a logout, at once and for its refresh token too', async () => {
    const browser = world.browser();
    await browser.login(ana, password);
    const token = browser.refreshToken ?? '';
    expect(await browser.me()).toBe(200);
    expect((await browser.logout()).status).toBe(204);
    expect(browser.refreshToken).toBeUndefined();
    expect(await browser.me()).toBe(401);
    browser.cookies.set('holdfast-refresh', token);
    expect(await browser.refresh()).toMatchObject({ status: 401, body: { code: 'session_ended' } });
    expect((await world.browser().logout()).status).toBe(204);
  });

  it('leaves nothing in any table by which somebody could log in, but hashes and secrets of families', async () => {
    const browser = world.browser();
    await browser.login(ana, password);
    await browser.login(ana, 'wrong password here');
    const rows = [];
    for (const table of [
      'customers',
      'panel_admins',
      'panel_devices',
      'rate_limits',
      'token_families',
    ] as const)
      rows.push(...(await world.truth.db.selectFrom(table).selectAll().execute()));
    const text = JSON.stringify(rows);
    for (const hidden of [password, 'wrong password here', browser.refreshToken ?? '', '192.0.2.1'])
      expect(text).not.toContain(hidden);
  });

  it('that is swept forgets what is over, devices too', async () => {
    const browser = world.browser();
    await browser.login(ana, password);
    expect(await world.logins.sweep()).toMatchObject({ families: 0 });
    world.pass(31 * 24 * hourMs);
    expect(await world.logins.sweep()).toMatchObject({ families: 1, buckets: 1 });
    expect(await world.truth.db.selectFrom('panel_devices').selectAll().execute()).toEqual([]);
  });
});
