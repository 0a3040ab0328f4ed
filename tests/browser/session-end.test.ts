/** Sessions that end while something is typed: logging in again, in place, goes on with it. */
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import type { Credentials } from '../support/panel-browser.ts';
import { fields, openConnection } from './connection-page.ts';
import { type Customer, describeInBrowser } from './ground.ts';

async function signIn(page: Page, { email, password }: Credentials): Promise<void> {
  const address = page.getByLabel('Correo electrónico');
  // Where a session has ended in the middle of something, it is settled whose password is asked for.
  if (await address.isEditable()) await address.fill(email);
  await page.getByLabel('Contraseña').fill(password);
  await page.getByRole('button', { name: 'Entrar' }).click();
}

/** By a new password, set elsewhere. @returns what to log in with from now on */
async function logOutEverywhere({ panel, email, password }: Customer): Promise<Credentials> {
  const next = `${password}, and another`;
  await panel.changePassword({ current: password, next });
  return { email, password: next };
}

describeInBrowser('a login', (ground) => {
  it('leads to the page that was asked for, lasts over a reload, and is over after the logout in every tab', async () => {
    const ana = await ground().customer();
    const id = await ground().connection({ label: 'Casa' }, ana);
    const visitor = await ground().visit();
    const page = await visitor.open(`/connections/${id}`);
    await page.getByRole('heading', { name: 'Iniciar sesión' }).waitFor();
    await signIn(page, ana);
    await page.getByRole('heading', { level: 1, name: 'Casa' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Casa' }).waitFor();
    const other = await visitor.open('/connections');
    await other.getByRole('link', { name: 'Casa' }).waitFor();
    await page.getByRole('button', { name: 'Cerrar sesión', exact: true }).click();
    await page.getByRole('heading', { name: 'Iniciar sesión' }).waitFor();
    await other.reload();
    await other.getByRole('heading', { name: 'Iniciar sesión' }).waitFor();
  });

  it('with a wrong password stays where it is, says so, and keeps the address', async () => {
    const ana = await ground().customer();
    const page = await (await ground().visit()).open('/login');
    await signIn(page, { ...ana, password: 'something else' });
    await page.getByRole('alert').first().waitFor();
    expect(await page.getByLabel('Correo electrónico').inputValue()).toBe(ana.email);
    await signIn(page, ana);
    await page.getByRole('navigation', { name: 'Principal' }).waitFor();
  });
});

describeInBrowser('a session that ends', (ground) => {
  it('while the dialog is open leaves it open, asks for the password in place, and applies', async () => {
    const ana = await ground().customer();
    const id = await ground().connection({ label: 'Casa' }, ana);
    const at = await openConnection(await ground().visit({ as: ana }), id);
    await at.label.fill('Oficina');
    await ground().edit(id, { label: 'Almacén' });
    await at.save.click();
    await at.dialog.row(fields.label).waitFor();
    const credentials = await logOutEverywhere(ana);
    await at.dialog.apply.click();
    await signIn(at.page, credentials);
    await at.dialog.root.waitFor({ state: 'hidden' });
    await expect.poll(async () => (await ground().read(id)).value.label).toBe('Oficina');
  });

  it('while something is saved asks for the password, and saves it once', async () => {
    const ana = await ground().customer();
    const id = await ground().connection({ label: 'Casa' }, ana);
    const at = await openConnection(await ground().visit({ as: ana }), id);
    await at.label.fill('Oficina');
    const credentials = await logOutEverywhere(ana);
    await at.save.click();
    await signIn(at.page, credentials);
    await expect.poll(async () => (await ground().read(id)).value.label).toBe('Oficina');
    expect((await ground().history(id)).filter(({ by }) => by.id === `c${ana.id}`)).toHaveLength(2);
  });
});

describeInBrowser('a device', (ground) => {
  it('that is logged out from another one asks for the password by itself', async () => {
    const ana = await ground().customer();
    const id = await ground().connection({ label: 'Casa' }, ana);
    const at = await openConnection(await ground().visit({ as: ana }), id);
    const account = await (await ground().visit({ as: ana })).open('/account');
    const others = account.getByRole('button', { name: /^Cerrar su sesión:/ });
    // Of the program that made the customer, and of the first page.
    for (let left = 2; left > 0; left -= 1) {
      await expect.poll(() => others.count()).toBe(left);
      await others.first().click();
    }
    await expect.poll(() => others.count()).toBe(0);
    // Its stream of events ends with its login.
    await at.page.getByLabel('Contraseña').waitFor();
    expect(await at.save.isEnabled()).toBe(false);
  });
});

describeInBrowser('a connection that is no longer theirs', (ground) => {
  it('cannot be saved, and what was typed can still be read', async () => {
    const [ana, eva] = [await ground().customer(), await ground().customer()];
    const id = await ground().connection({ label: 'Casa' }, ana);
    const at = await openConnection(await ground().visit({ as: ana }), id);
    await at.label.fill('Oficina');
    const { db } = ground().truth;
    await db
      .updateTable('vpn_connections')
      .set({ customer_id: eva.id })
      .where('id', '=', Number(id))
      .execute();
    await at.save.click();
    expect(await at.dialog.ofDeleted.getByLabel('Tu cambio: Nombre').inputValue()).toBe('Oficina');
    expect((await ground().read(id)).value.label).toBe('Casa');
  });
});
