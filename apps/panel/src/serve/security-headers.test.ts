/** Browsers ignore the policy for openers on what anybody can change on the way, and warn of it. */
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { securityHeaders } from './security-headers.ts';

const answerOf = (url: string, isSecure: boolean) => {
  const app = new Hono().use(securityHeaders({ isSecure }));
  return app.request(url);
};
const openerPolicy = async (url: string, isSecure = false) =>
  (await answerOf(url, isSecure)).headers.get('cross-origin-opener-policy');

describe('the policy for openers', () => {
  it.each([
    'http://localhost:8080/',
    'http://panel.localhost/',
    'http://LOCALHOST/x',
    'http://127.0.0.1:8080/',
    'http://127.1.2.3/',
    'http://[::1]:8080/v1/me',
  ])('is told at %s', async (url) => {
    expect(await openerPolicy(url)).toBe('same-origin');
  });

  it.each([
    'http://192.0.2.1/',
    'http://panel.example/',
    'http://localhost.example/',
    'http://notlocalhost/',
    'http://127.0.0.1.example/',
    'http://[2001:db8::1]/',
  ])('is told at %s to who comes over TLS alone', async (url) => {
    expect(await openerPolicy(url)).toBeNull();
    expect(await openerPolicy(url, true)).toBe('same-origin');
  });
});

describe('every answer', () => {
  it('of a panel that is reached over TLS binds browsers to it, and no other does', async () => {
    const told = async (isSecure: boolean) =>
      (await answerOf('http://localhost/', isSecure)).headers.get('strict-transport-security');
    expect([await told(true), await told(false)]).toEqual(['max-age=31536000', null]);
  });
});
