/** `docs/panel_login.md` says what the code does: limits, lifetimes, settings, and what other sites cannot do. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adminCommands } from '../../apps/panel/src/admin/admin-commands.ts';
import { publicRoutes } from '../../apps/panel/src/app/public-routes.ts';
import { loginSettings } from '../../apps/panel/src/login/login-settings.ts';
import { panelSettings } from '../../apps/panel/src/serve/panel-command.ts';
import { ana, loginWorld, password } from '../../apps/panel/src/testing/login-world.ts';
import { defaultLoginLimits } from '../../packages/runtime-stores/src/index.ts';
import { codesOf, tablesOf } from '../docs/markdown.ts';
import { repository } from '../support/repository.ts';

const text = readFileSync(join(repository, 'docs/panel_login.md'), 'utf8');
const tables = tablesOf(text);
const rowsUnder = (heading: string) => {
  const table = tables.find((each) => each.heading === heading);
  if (table === undefined) throw new Error(`no table under ${heading}`);
  return table.rows;
};
const dayMs = 86_400_000;

describe('the page on logging in', () => {
  it('names the limits that are', () => {
    const { ip, accountIp, account } = defaultLoginLimits;
    const told = rowsUnder('What is limited').map(([, burst, hourly]) => [Number(burst), Number(hourly)]);
    expect(told).toEqual([ip, accountIp, account].map(({ burst, limit }) => [burst, limit]));
  });

  it('tells how long tokens and cookies last', async () => {
    await using world = await loginWorld();
    const browser = world.browser();
    const { body } = await browser.login(ana, password);
    const minutes = Math.round((Date.parse(body.expiresAt) - world.clock.wallMs()) / 60_000);
    const family = await world.truth.db.selectFrom('token_families').selectAll().executeTakeFirstOrThrow();
    const days = (ms: number) => (ms - family.rotated_at) / dayMs;
    const cookieDays =
      Number(/Max-Age=(\d+)/.exec(browser.setCookies.find((each) => each.includes('device')) ?? '')?.[1]) /
      86_400;
    expect(rowsUnder('What lasts').map(([, , howLong]) => howLong)).toEqual([
      `${minutes} minutes`,
      `${days(family.idle_expires_at)} days without use, ${days(family.absolute_expires_at)} days in all`,
      `${cookieDays} days`,
      '10 s',
      '5 s',
    ]);
    const cookies = browser.setCookies.map((each) => each.split('=')[0]);
    expect(text).toContain(`cookie \`${cookies.find((name) => name?.includes('refresh'))}\``);
  });

  it('lists every setting of the login, and none that is not', () => {
    const flags = rowsUnder('Settings').map(([cell = '']) => codesOf(cell)[0]);
    const known = new Set(Object.values(panelSettings).map(({ flag }) => flag));
    expect(flags.filter((flag) => flag === undefined || !known.has(flag))).toEqual([]);
    for (const { flag } of Object.values(loginSettings)) expect(flags).toContain(flag);
  });

  it('has every route that somebody may ask who is not logged in', () => {
    const routes = rowsUnder('Against other sites').flatMap(([cell = '']) => codesOf(cell));
    const changing = [...publicRoutes].filter((route) => route.startsWith('POST '));
    expect(routes.toSorted()).toEqual(changing.toSorted());
  });

  it('names commands that there are', () => {
    const words = new Set(adminCommands.map((command) => command.words.join(' ')));
    const named = [...text.matchAll(/`(?:vpn-panel )?(admin [a-z]+)/g)].map((match) => match[1] ?? '');
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !words.has(name))).toEqual([]);
  });
});
