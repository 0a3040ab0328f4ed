/**
 * Every page, and the dialog, by axe-core in three languages, dark, in forced colours and on a screen of 320 pixels. axe comes in by the
 * protocol of the browser, so the content security policy stays as it is.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import type { Visitor } from '../support/panel-browser.ts';
import { someOf } from '../support/some-of.ts';
import { describeInBrowser } from './ground.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds wrong, by rule and place. */
async function violationsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  return page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(tags)}, resultTypes: ['violations'] }).then(
    ({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
      id + ' at ' + target.join(' ') + ': ' + failureSummary)))`);
}

/** Nothing sticks out to the side: 320 pixels are 1280 at 400 %. */
async function isReflowed(page: Page): Promise<boolean> {
  return page.evaluate('document.documentElement.scrollWidth <= document.documentElement.clientWidth');
}

async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await expect.poll(() => page.locator('[aria-busy=true], .spinner').count()).toBe(0);
}

/** As a link does it: the page is not loaded again. */
async function turnTo(page: Page, path: string): Promise<void> {
  const before = await page.getByRole('heading', { level: 1 }).first().textContent();
  await page.evaluate(`history.pushState(null, '', ${JSON.stringify(path)})`);
  await expect.poll(() => page.getByRole('heading', { level: 1 }).first().textContent()).not.toBe(before);
  await settled(page);
}

const languages = [
  ['es-ES', 'Guardar', 'Nombre'],
  ['en-GB', 'Save', 'Name'],
  ['de-DE', 'Speichern', 'Name'],
] as const;
const pages = ['/connections', '/customers', '/sessions', '/gateways', '/audit', '/account', '/nothing'];

const looks = {
  'es-ES': { colorScheme: 'light' },
  'en-GB': { colorScheme: 'dark' },
  'de-DE': { colorScheme: 'light', viewport: { width: 320, height: 640 } },
} as const;

describeInBrowser('for everybody', (ground) => {
  it.each(someOf(languages, 1))('the pages of an admin are accessible in %s', async (locale) => {
    const visitor = await ground().visit({ as: ground().place.admin, locale, ...looks[locale] });
    await ground().connection({ label: 'Casa' });
    const page = await visitor.open('/connections/0');
    const findings: string[] = [];
    for (const path of pages) {
      await turnTo(page, path);
      findings.push(...(await violationsOf(page)).map((finding) => `${path}: ${finding}`));
      if (!(await isReflowed(page))) findings.push(`${path} is wider than its screen`);
      expect(await page.locator('html').getAttribute('lang')).toBe(locale.slice(0, 2));
    }
    expect(findings).toEqual([]);
  });

  it.each(someOf(languages, 1))(
    'a conflict, and the connection below it, is accessible in %s',
    async (locale, save, label) => {
      const ana = await ground().customer();
      const id = await ground().connection({ label: 'Casa', down_kbit: 10_000 }, ana);
      const visitor: Visitor = await ground().visit({ as: ana, locale, ...looks[locale] });
      const page = await visitor.open('/claim');
      await settled(page);
      expect(await violationsOf(page)).toEqual([]);
      await turnTo(page, `/connections/${id}`);
      await page.getByLabel(label, { exact: true }).fill('Oficina');
      await settled(page);
      expect(await violationsOf(page)).toEqual([]);
      await ground().edit(id, { label: 'Almacén', down_kbit: 20_000 });
      await page.getByRole('button', { name: save, exact: true }).click();
      await page.getByRole('dialog').waitFor();
      await page.getByRole('group').first().waitFor();
      expect(await violationsOf(page)).toEqual([]);
      expect(await isReflowed(page)).toBe(true);
    },
  );

  it('the login is accessible, with what it says when it is refused', async () => {
    const page = await (await ground().visit({ forcedColors: 'active' })).open('/login');
    await page.getByRole('button', { name: 'Entrar' }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.getByLabel('Correo electrónico').fill('nobody@example.org');
    await page.getByLabel('Contraseña').fill('wrong');
    await page.getByRole('button', { name: 'Entrar' }).click();
    await page.getByRole('alert').first().waitFor();
    expect(await violationsOf(page)).toEqual([]);
  });
});
