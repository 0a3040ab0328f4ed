/** The own account: devices, and a new password; and what others do to it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LoginBrowser } from '../testing/login-browser.ts';
import {
  ana,
  cheapHasher,
  type LoginWorld,
  loginWorld,
  password,
  root,
  wideLimits,
} from '../testing/login-world.ts';

const next = 'a longer password than before';

describe('somebody who is logged in', () => {
  let world: LoginWorld;
  let browser: LoginBrowser;

  beforeEach(async () => {
    world = await loginWorld({ limits: wideLimits });
    browser = world.browser();
    await browser.login(ana, password);
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const change = (current: string, to = next) =>
    browser.asMe('POST', '/v1/auth/password', { body: { current, next: to } });
  const elsewhere = async (email = ana) => {
    const other = world.browser('192.0.2.2');
    await other.login(email, password);
    return other;
  };

  it('sees their own devices, the last used first, and nobody else’s', async () => {
    await elsewhere(root);
    world.pass(60_000);
    const other = world.browser('192.0.2.2');
    const headers = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0' };
    const body = { email: ana, password, attemptId: '0190163d-8694-4a3f-9b1e-1f3c5d7e9a0b' };
    await other.send('POST', '/v1/auth/login', { body, headers });
    const { items } = (await browser.asMe('GET', '/v1/auth/devices')).body;
    expect(items).toEqual([
      expect.objectContaining({ isCurrent: false, userAgent: headers['user-agent'] }),
      expect.objectContaining({ isCurrent: true, userAgent: null }),
    ]);
    expect(items[0].since).toBe(new Date(world.clock.wallMs()).toISOString());
    expect(Object.keys(items[0]).toSorted()).toEqual([
      'expiresAt',
      'id',
      'isCurrent',
      'lastUsedAt',
      'since',
      'userAgent',
    ]);
  });

  it('keeps of what a browser calls itself what can be shown', async () => {
    const agents = [`evil\u0085\u200b\u009b[31m agent`, `${'🦊'.repeat(300)}`, '   '];
    for (const agent of agents)
      await world.logins.login({
        email: ana,
        password,
        attemptId: crypto.randomUUID(),
        deviceId: crypto.randomUUID(),
        userAgent: agent,
        address: '192.0.2.3',
      });
    const rows = await world.truth.db.selectFrom('panel_devices').select('user_agent').execute();
    expect(
      rows
        .map((row) => row.user_agent)
        .filter((agent) => agent !== null)
        .toSorted(),
    ).toEqual(['evil [31m agent', '🦊'.repeat(200)]);
  });

  it('ends a login of their own, and none of somebody else', async () => {
    const [other, admin] = [await elsewhere(), await elsewhere(root)];
    const idOf = ({ refreshToken = '' }: LoginBrowser) => refreshToken.split('.')[1];
    expect((await browser.asMe('DELETE', `/v1/auth/devices/${idOf(other)}`)).status).toBe(204);
    expect(await other.me()).toBe(401);
    for (const id of [idOf(admin), '0'.repeat(32), 'c1'])
      expect((await browser.asMe('DELETE', `/v1/auth/devices/${id}`)).status).toBe(404);
    expect(await admin.me()).toBe(200);
    expect((await browser.asMe('GET', '/v1/auth/devices')).body.items).toHaveLength(1);
  });

  it('gives themselves a password, which ends all other logins and no other account’s', async () => {
    const [other, admin] = [await elsewhere(), await elsewhere(root)];
    expect((await change(password)).status).toBe(204);
    expect([await browser.me(), await other.me(), await admin.me()]).toEqual([200, 401, 200]);
    expect((await other.refresh()).body.code).toBe('session_ended');
    expect((await browser.refresh()).status).toBe(200);
    expect((await world.browser().login(ana, password)).status).toBe(401);
    expect((await world.browser().login(ana, next)).status).toBe(200);
  });

  it('has their new password in the log of changes, and nothing of it', async () => {
    await change(password);
    const log = await world.truth.db.selectFrom('change_log').selectAll().execute();
    expect(log).toEqual([
      expect.objectContaining({
        kind: 'customer',
        resource_id: '1',
        version: 2,
        operation: 'POST /v1/auth/password',
        author_id: 'c1',
        paths: '["password_hash"]',
      }),
    ]);
    expect(JSON.stringify(log)).not.toContain('argon2id');
  });

  it('who is an admin does the same', async () => {
    const other = await elsewhere(root);
    await browser.login(root, password);
    expect((await change(password)).status).toBe(204);
    expect([await browser.me(), await other.me()]).toEqual([200, 401]);
    expect((await world.browser().login(root, next)).status).toBe(200);
    const admin = await world.truth.db.selectFrom('panel_admins').selectAll().executeTakeFirstOrThrow();
    expect(admin.version).toBe(2);
  });

  it.each([
    ['the wrong one', 'wrong password', next, '/current'],
    ['a short one to come', password, 'short', '/next'],
    ['one of few characters to come', password, '🦊'.repeat(5), '/next'],
  ])('who gives %s is told which, and nothing is changed', async (_what, current, to, path) => {
    const other = await elsewhere();
    const refused = await change(current, to);
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid', issues: [{ path }] } });
    expect(await other.me()).toBe(200);
    expect((await world.browser().login(ana, password)).status).toBe(200);
  });

  it('changes the password beside somebody who changes the account', async () => {
    const inner = cheapHasher();
    let isFirst = true;
    const busy = world.another({
      passwords: {
        ...inner,
        verify: async (...asked) => {
          const verified = await inner.verify(...asked);
          if (isFirst) await world.truth.db.updateTable('customers').set({ version: 7 }).execute();
          isFirst = false;
          return verified;
        },
      },
    });
    const identity = await busy.logins.identify(browser.accessToken ?? '');
    if (identity === undefined) throw new Error('nobody');
    const changed = await busy.logins.changePassword(identity, {
      current: password,
      next,
      address: '192.0.2.1',
    });
    expect(changed).toEqual({ kind: 'changed', ended: [] });
  });

  it('whose password an admin sets, or who is suspended, is out at once', async () => {
    const other = await elsewhere();
    await world.endLogins(1, 'password_change');
    expect([await browser.me(), await other.me()]).toEqual([401, 401]);
    expect((await browser.refresh()).body.code).toBe('session_ended');
  });
});

describe('whoever finds an open session', () => {
  it('has as few guesses at its password as at a login', async () => {
    await using world = await loginWorld();
    const browser = world.browser();
    await browser.login(ana, password);
    const codes = [];
    for (let guess = 0; guess < 6; guess += 1) {
      const body = { current: `guess ${guess}`, next };
      codes.push((await browser.asMe('POST', '/v1/auth/password', { body })).body.code);
    }
    expect(codes).toEqual([...Array(5).fill('invalid'), 'quota_exceeded']);
  });
});
