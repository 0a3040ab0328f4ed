/** What the login says of itself: everything that was logged and answered in a storm, searched for what nobody may read. */
import { expect, it } from 'vitest';
import type { LoginBrowser } from '../testing/login-browser.ts';
import { ana, type LoginWorld, loginWorld, password, root, secret } from '../testing/login-world.ts';

const typed = {
  wrong: 'a wrong password',
  asAddress: 'my password is my address',
  next: 'another password of ana',
} as const;
const hostile = 'x@example.com\r\nSet-Cookie: holdfast-refresh=evil';

it('a storm of logins leaves no password, token, cookie or key in the log, and none in a refusal', async () => {
  await using world = await loginWorld();
  const { tokens, refusals } = await storm(world);
  expect(tokens.size).toBeGreaterThan(5);
  expect(world.logged.length).toBeGreaterThan(30);
  const keys = [secret, password, ...Object.values(typed), ...tokens];
  for (const text of [world.logged.join('\n'), refusals.join('\n')])
    for (const hidden of keys) expect(text).not.toContain(hidden);
  expect(world.logged.join('\n')).not.toContain('evil');
});

it('an address with line ends and headers in it is nobody’s, and adds no header', async () => {
  await using world = await loginWorld();
  const refused = await world.browser().login(hostile, password);
  expect(refused).toMatchObject({ status: 401, body: { code: 'login_failed' } });
  expect(refused.headers.getSetCookie()).toEqual([]);
});

it('a login that failed names whose it was to be, and the address, once', async () => {
  await using world = await loginWorld();
  await world.browser().login(root, typed.wrong);
  await world.browser().login('nobody@example.com', typed.wrong);
  const lines = world.logged.map((line) => JSON.parse(line)).filter(({ event }) => event === 'login refused');
  expect(lines).toEqual([
    { level: 'info', event: 'login refused', outcome: 'failed', address: '192.0.2.1', principal: 'a1' },
    { level: 'info', event: 'login refused', outcome: 'failed', address: '192.0.2.1' },
  ]);
  expect(world.events).toEqual(Array(2).fill({ kind: 'login', outcome: 'failed' }));
});

async function storm(world: LoginWorld) {
  const tokens = new Set<string>();
  const refusals: string[] = [];
  const keep = (browser: LoginBrowser) => {
    for (const token of [browser.accessToken, ...browser.cookies.values()]) if (token) tokens.add(token);
  };
  for (let round = 0; round < 3; round += 1) {
    const browser = world.browser(`192.0.2.${round + 1}`);
    const refuse = async (sent: Promise<{ readonly body: unknown }>) =>
      refusals.push(JSON.stringify((await sent).body));
    for (const email of [ana, root, typed.asAddress, hostile])
      await refuse(browser.login(email, typed.wrong));
    await browser.login(ana, password);
    keep(browser);
    const stolen = browser.refreshToken ?? '';
    await browser.refresh();
    keep(browser);
    await refuse(
      browser.asMe('POST', '/v1/auth/password', { body: { current: typed.wrong, next: typed.next } }),
    );
    await refuse(browser.send('POST', '/v1/auth/login', { body: { email: ana, password: typed.wrong } }));
    world.pass(60_000);
    browser.cookies.set('holdfast-refresh', stolen);
    await refuse(browser.refresh());
    await browser.logout();
  }
  return { tokens, refusals };
}
