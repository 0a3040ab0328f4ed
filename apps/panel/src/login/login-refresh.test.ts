/** Refreshing: one successor for all who ask at once, the end of a family for whoever comes too late, and no cookie touched. */
import { randomUUID } from 'node:crypto';
import { HoldfastError } from '@holdfast/base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LoginBrowser } from '../testing/login-browser.ts';
import { ana, type LoginWorld, loginWorld, password, wideLimits } from '../testing/login-world.ts';

const hourMs = 3_600_000;

describe('a refresh', () => {
  let world: LoginWorld;
  let browser: LoginBrowser;

  beforeEach(async () => {
    world = await loginWorld({ limits: wideLimits });
    browser = world.browser();
    await browser.login(ana, password);
  });
  afterEach(() => world[Symbol.asyncDispose]());

  it('gives the next cookie and an access token of the next generation', async () => {
    const before = browser.refreshToken;
    const { status, body } = await browser.refresh();
    expect(status).toBe(200);
    expect(body.me.id).toBe('c1');
    expect(browser.refreshToken).not.toBe(before);
    expect(await world.logins.identify(body.accessToken)).toMatchObject({ principal: 'c1', generation: 2 });
  });

  it('that sixteen tabs ask for at once rotates once, and all of them get the same', async () => {
    const token = browser.refreshToken ?? '';
    const tabs = Array.from({ length: 16 }, () => withToken(token));
    const answers = await Promise.all(tabs.map((tab) => tab.refresh()));
    expect(answers.map(({ status }) => status)).toEqual(Array(16).fill(200));
    expect(new Set(tabs.map((tab) => tab.refreshToken)).size).toBe(1);
    expect(await family()).toMatchObject({ generation: 2, revoked_at: null });
    expect(world.events.filter(({ outcome }) => outcome === 'rotated')).toHaveLength(1);
    expect(world.events.filter(({ outcome }) => outcome === 'repeated')).toHaveLength(15);
  });

  it('with a token that was stolen and used ends the login of both, before anybody is answered', async () => {
    const thief = withToken(browser.refreshToken ?? '');
    await browser.refresh();
    world.pass(11_000);
    expect(await browser.me()).toBe(200); // what the process remembers now is that it stands
    const refused = await thief.refresh();
    expect(refused).toMatchObject({ status: 401, body: { code: 'refresh_superseded' } });
    expect(await family()).toMatchObject({ revoked_reason: 'reuse' });
    expect(await browser.me()).toBe(401);
    expect(await browser.refresh()).toMatchObject({ status: 401, body: { code: 'session_ended' } });
    expect(world.logged.filter((line) => line.includes('refresh token reused'))).toHaveLength(1);
  });

  it('that is refused touches no cookie: it may have lost to one that has just set them', async () => {
    const loser = withToken(browser.refreshToken ?? '');
    await browser.refresh();
    world.pass(11_000);
    await loser.refresh();
    await loser.refresh();
    withToken('rubbish');
    expect(loser.setCookies).toEqual([]);
    const stranger = withToken(`v1.${'0'.repeat(32)}.1.${'A'.repeat(43)}`);
    expect((await stranger.refresh()).body.code).toBe('session_ended');
    expect(stranger.setCookies).toEqual([]);
  });

  it('with a token that we have not made ends nothing', async () => {
    const [version, familyId, generation] = (browser.refreshToken ?? '').split('.');
    const forged = withToken([version, familyId, generation, 'A'.repeat(43)].join('.'));
    expect((await forged.refresh()).body.code).toBe('session_ended');
    await forged.logout();
    expect(await browser.me()).toBe(200);
    expect((await browser.refresh()).status).toBe(200);
  });

  it('beside a logout gives nothing that counts afterwards', async () => {
    const other = withToken(browser.refreshToken ?? '');
    await Promise.all([other.refresh(), browser.logout()]);
    expect(await other.me()).toBe(401);
    expect((await other.refresh()).body.code).toMatch(/^(?:session_ended|refresh_superseded)$/);
    expect(await family()).toMatchObject({ revoked_reason: 'logout' });
  });

  it('of a customer who was suspended is refused, whoever has forgotten to end the login', async () => {
    await world.truth.db.updateTable('customers').set({ status: 'suspended' }).execute();
    expect(await browser.refresh()).toMatchObject({ status: 401, body: { code: 'session_ended' } });
    expect(await family()).toMatchObject({ revoked_reason: 'admin', generation: 2 });
    await world.truth.db.updateTable('customers').set({ status: 'active' }).execute();
    expect((await browser.refresh()).status).toBe(401);
    expect(await browser.me()).toBe(401);
  });

  it('after a week of silence is refused, and after thirty days whatever happens', async () => {
    const silent = world.browser();
    await silent.login(ana, password);
    for (let day = 0; day < 29; day += 1) {
      world.pass(24 * hourMs);
      expect((await browser.refresh()).status).toBe(200);
    }
    expect((await silent.refresh()).body.code).toBe('session_ended');
    const last = browser.setCookies.at(-1);
    expect(last).toMatch(/; Max-Age=86400;/);
    world.pass(24 * hourMs + 1_000);
    expect((await browser.refresh()).body.code).toBe('session_ended');
  });

  it('without a cookie is no login', async () => {
    expect(await world.browser().refresh()).toMatchObject({ status: 401, body: { code: 'session_ended' } });
  });

  it('after the clock was set back by an hour goes on, and ends nobody', async () => {
    const before = browser.accessToken;
    world.pass(-hourMs);
    expect(await browser.me(before)).toBe(401);
    expect((await browser.refresh()).status).toBe(200);
    expect(await browser.me()).toBe(200);
    expect((await browser.refresh()).status).toBe(200);
    world.pass(2 * hourMs);
    expect((await browser.refresh()).status).toBe(200);
    expect(await family()).toMatchObject({ generation: 4, revoked_at: null });
  });

  function withToken(token: string): LoginBrowser {
    const other = world.browser();
    other.cookies.set('holdfast-refresh', token);
    return other;
  }

  async function family() {
    const familyId = (browser.refreshToken ?? '').split('.')[1] ?? '';
    return await world.truth.db
      .selectFrom('token_families')
      .selectAll()
      .$if(familyId !== '', (query) => query.where('family_id', '=', familyId))
      .executeTakeFirstOrThrow();
  }
});

describe('an access token', () => {
  let world: LoginWorld;
  let browser: LoginBrowser;

  beforeEach(async () => {
    world = await loginWorld({ limits: wideLimits });
    browser = world.browser();
    await browser.login(ana, password);
  });
  afterEach(() => world[Symbol.asyncDispose]());

  it('is good for five minutes', async () => {
    world.pass(299_000);
    expect(await browser.me()).toBe(200);
    world.pass(2_000);
    expect(await browser.me()).toBe(401);
  });

  it('of a login that another process has ended is refused within five seconds, and in that process at once', async () => {
    const other = world.another();
    expect(await browser.me()).toBe(200);
    await other.endLogins(1, 'admin');
    expect(await other.logins.identify(browser.accessToken ?? '')).toBeUndefined();
    world.pass(5_001);
    expect(await browser.me()).toBe(401);
  });

  it('of a customer whom another process has suspended is refused within five seconds', async () => {
    const token = browser.accessToken ?? '';
    expect(await world.logins.identify(token)).toBeDefined();
    await world.truth.db.updateTable('customers').set({ status: 'suspended' }).execute();
    world.pass(5_001);
    expect(await world.logins.identify(token)).toBeUndefined();
  });

  it('is taken by every process of the same secret, and by no other', async () => {
    expect(await world.another().logins.identify(browser.accessToken ?? '')).toMatchObject({
      principal: 'c1',
    });
    const stranger = world.another({ secret: 'another secret that is long enough' });
    expect(await stranger.logins.identify(browser.accessToken ?? '')).toBeUndefined();
  });

  it('is not to be had while the database is away', async () => {
    world.pass(6_000);
    Object.assign(world.truth.db, {
      selectFrom: () => {
        throw new HoldfastError('DATABASE_UNREACHABLE', 'the server does not answer');
      },
    });
    expect(await browser.me()).toBe(503);
  });

  it('that is missing, or is no bearer, is refused with a challenge', async () => {
    for (const authorization of [undefined, 'Basic YTpi', 'Bearer', `Bearer ${randomUUID()}`]) {
      const headers = authorization === undefined ? {} : { authorization };
      const refused = await browser.send('GET', '/v1/me', { headers });
      expect(refused).toMatchObject({ status: 401, body: { code: 'signed_out' } });
      expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer /);
    }
  });
});
