/** What a page of another site can make a browser send, and what becomes of it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LoginBrowser } from '../testing/login-browser.ts';
import {
  ana,
  type LoginWorld,
  loginWorld,
  newAttempt,
  password,
  wideLimits,
} from '../testing/login-world.ts';

const host = 'panel.example.com';
const ours = { host, origin: `https://${host}`, 'sec-fetch-site': 'same-origin', 'X-Holdfast-Csrf': '1' };

describe('a request with cookies', () => {
  let world: LoginWorld;
  let browser: LoginBrowser;

  beforeEach(async () => {
    world = await loginWorld({ limits: wideLimits });
    browser = world.browser();
    await browser.login(ana, password);
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const foreign = [
    ['without our header', { ...ours, 'X-Holdfast-Csrf': '' }],
    ['with another value of it', { ...ours, 'X-Holdfast-Csrf': 'true' }],
    ['from another site', { ...ours, 'sec-fetch-site': 'cross-site' }],
    ['from another host of our site', { ...ours, 'sec-fetch-site': 'same-site' }],
    ['of another origin', { ...ours, origin: 'https://evil.example.net' }],
    ['of another port', { ...ours, origin: `https://${host}:8443` }],
    ['of an origin that begins as ours', { ...ours, origin: `https://${host}.evil.example.net` }],
    ['of an origin that nobody may know', { ...ours, origin: 'null' }],
  ] as const;

  it.each(foreign)('%s refreshes nothing and ends nothing', async (_what, headers) => {
    for (const path of ['/v1/auth/refresh', '/v1/auth/logout']) {
      const refused = await browser.send('POST', path, { headers });
      expect(refused).toMatchObject({ status: 403, body: { code: 'csrf' } });
      expect(refused.headers.getSetCookie()).toEqual([]);
    }
    expect(await browser.me()).toBe(200);
    const rows = await world.truth.db.selectFrom('token_families').select('generation').execute();
    expect(rows).toEqual([{ generation: 1 }]);
  });

  it.each(foreign.slice(2))(
    '%s logs nobody in, not with the right password either',
    async (_what, headers) => {
      const body = { email: ana, password, attemptId: newAttempt() };
      const other = world.browser();
      const refused = await other.send('POST', '/v1/auth/login', { body, headers });
      expect(refused).toMatchObject({ status: 403, body: { code: 'csrf' } });
      expect(other.setCookies).toEqual([]);
    },
  );

  it.each([
    ['of our pages', ours],
    ['of our pages, behind a proxy that ends TLS', { ...ours, origin: `http://${host}` }],
    ['of a browser that tells less', { host, 'X-Holdfast-Csrf': '1' }],
  ])('%s is answered', async (_what, headers) => {
    expect((await browser.send('POST', '/v1/auth/refresh', { headers })).status).toBe(200);
    expect((await browser.send('POST', '/v1/auth/logout', { headers })).status).toBe(204);
  });

  it('that a form could have sent is no login', async () => {
    const body = JSON.stringify({ email: ana, password, attemptId: newAttempt() });
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const refused = await browser.send('POST', '/v1/auth/login', {
        body,
        headers: { 'content-type': type },
      });
      expect(refused.status).toBe(415);
    }
  });
});
