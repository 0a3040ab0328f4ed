/**
 * Takes the pictures of the documents anew, from the demo of `npm start`: `node --conditions=@holdfast/source
 * tests/browser/write-screenshots.ts`, as root, after the build.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type Demo, startDemo, until } from '../start-demo.ts';
import { type Credentials, launchOptions, type Visitor, visit } from '../support/panel-browser.ts';
import { repository } from '../support/repository.ts';

const directory = join(repository, 'docs/pictures');
const look = { locale: 'en-GB', colorScheme: 'light', viewport: { width: 1280, height: 800 } } as const;

await using demo = await startDemo(['--seed', '3']);
const browser = await chromium.launch(launchOptions);
try {
  await takeAll(demo, browser);
} finally {
  await browser.close();
}

async function takeAll({ url, stateDir, asAdmin }: Demo, browser: Browser): Promise<void> {
  const known = async (name: string) => JSON.parse(await readFile(join(stateDir, 'demo', name), 'utf8'));
  const online = async () => (await asAdmin('GET', '/v1/connections?online=true')).body.items;
  const admin = await visit(browser, { url, ...look, as: await known('admin.json') });
  const stranger = await visit(browser, { url, ...look });
  await take(await stranger.open('/login'), 'login');
  const [id = '1'] = (await until(online, ({ length }) => length >= 3)).map(
    (each: { id: string }) => each.id,
  );
  await takeEdited(admin, id, asAdmin);
  await take(await admin.open('/connections'), 'connections');
  for (const name of ['customers', 'sessions', 'audit', 'account'])
    await take(await admin.open(`/${name}`), name);
  await take(await admin.open('/gateways/gw1'), 'gateway', { isWhole: true });
  const dark = await visit(browser, { url, ...look, colorScheme: 'dark', as: await known('admin.json') });
  await take(await dark.open('/connections'), 'connections-dark');
  const { customers } = (await known('logins.json')) as { readonly customers: readonly Credentials[] };
  const [customer] = customers;
  if (customer === undefined) return;
  const owner = await visit(browser, { url, ...look, as: customer });
  await take(await owner.open('/claim'), 'claim');
}

/** The page of a connection, and the conflict about it, in the two languages that documents show. */
async function takeEdited(visitor: Visitor, id: string, asAdmin: Demo['asAdmin']): Promise<void> {
  for (const [language, apply, name] of [
    ['English', 'Refresh and apply my changes', 'conflict'],
    ['Español', 'Refrescar y aplicar mis cambios', 'conflict-es'],
  ] as const) {
    const page = await visitor.open(`/connections/${id}`);
    await page.locator('select').first().selectOption({ label: language });
    const form = page.getByRole('form');
    const label = form.getByRole('textbox').first();
    await label.waitFor();
    if (language === 'English') await take(page, 'connection', { isWhole: true });
    const { body } = await asAdmin('GET', `/v1/connections/${id}`);
    await label.fill('Laptop in the office');
    const change = {
      version: body.version,
      label: `Laptop of Ana ${body.version}`,
      down_kbit: 40_000 + body.version,
    };
    await asAdmin('PATCH', `/v1/connections/${id}`, { ...change, clientMutationId: crypto.randomUUID() });
    await form.locator('button[type=submit]').click();
    await page.getByRole('button', { name: apply }).waitFor();
    await take(page, name);
    await page
      .getByRole('dialog')
      .getByRole('button')
      .filter({ hasText: /Discard|Descartar/ })
      .click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.locator('select').first().selectOption({ label: 'English' });
    await page.close();
  }
}

async function take(page: Page, name: string, { isWhole = false } = {}): Promise<void> {
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await page.waitForTimeout(300); // behind the heading comes what is read for it
  const waiting = page.getByText(/^(Loading|Cargando)…$/);
  await until(
    () => waiting.count(),
    (count) => count === 0,
  );
  await page.screenshot({ path: join(directory, `${name}.png`), fullPage: isWhole, animations: 'disabled' });
  process.stdout.write(`${name}.png\n`);
}
