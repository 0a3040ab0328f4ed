/** The dialog by keyboard and by every way out that a browser has: nothing typed is lost by any of them. */
import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { type ConnectionPage, connectionPage, fields, openConnection } from './connection-page.ts';
import { describeInBrowser, type Ground } from './ground.ts';
import { storedText } from './stored-text.ts';

async function inConflict(ground: Ground): Promise<{ readonly id: string; readonly at: ConnectionPage }> {
  const id = await ground.connection({ label: 'Casa' });
  const at = await openConnection(await ground.visit({ as: ground.place.admin }), id);
  await at.label.fill('Oficina');
  await ground.edit(id, { label: 'Almacén' });
  await at.save.click();
  await at.dialog.row(fields.label).waitFor();
  return { id, at };
}

/** In the page there are elements; this program knows none of their types. */
const isActive = new Function('element', 'return element === document.activeElement') as (
  element: unknown,
) => boolean;
const hasFocus = (locator: Locator) => locator.evaluate(isActive);

describeInBrowser('the dialog of a conflict', (ground) => {
  it('is left by Escape with everything kept, and had back from the tray', async () => {
    const { id, at } = await inConflict(ground());
    await at.dialog.mine(fields.label).fill('Oficina nueva');
    for (let times = 0; times < 3; times += 1) await at.page.keyboard.press('Escape');
    await at.dialog.root.waitFor({ state: 'hidden' });
    expect(await at.label.inputValue()).toBe('Oficina nueva');
    await at.page.getByRole('button', { name: 'Cambios pendientes (1)' }).click();
    await at.page
      .getByRole('button', { name: /Resolver|Abrir|Revisar/ })
      .first()
      .click();
    await at.dialog.row(fields.label).waitFor();
    expect(await at.dialog.mine(fields.label).inputValue()).toBe('Oficina nueva');
    expect((await ground().read(id)).version).toBe(2);
  });

  it('is not left by a click beside it, nor by an Escape that nothing in it hears', async () => {
    const { at } = await inConflict(ground());
    await at.page.mouse.click(4, 4);
    await at.page.mouse.click(4, 400);
    expect(await at.dialog.root.isVisible()).toBe(true);
    // Nothing in it hears these: the browser would close it at the third, and the page would not know.
    for (let times = 0; times < 3; times += 1) {
      await at.page.evaluate('document.activeElement?.blur()');
      await at.page.keyboard.press('Escape');
    }
    await at.dialog.choice(fields.label, 'Servidor').check();
    expect(await at.dialog.root.isVisible()).toBe(true);
  });

  it('stays through Escape when nobody has touched the page since it opened', async () => {
    const id = await ground().connection({ label: 'Casa' });
    const visitor = await ground().visit({ as: ground().place.admin });
    const before = await openConnection(visitor, id);
    await before.label.fill('Oficina');
    await expect.poll(() => storedText(before.page)).toContain('Oficina');
    await before.page.goto('about:blank');
    await ground().edit(id, { label: 'Almacén' });
    // It opens by itself, from the draft: a browser lets the first Escape close such a dialog, whatever the page says.
    await before.page.goto(`${ground().place.url}/connections/${id}`);
    const at = connectionPage(before.page);
    await at.dialog.row(fields.label).waitFor();
    await at.page.keyboard.press('Escape');
    await at.dialog.root.waitFor({ state: 'hidden' });
    await at.tray.waitFor();
    expect(await at.label.inputValue()).toBe('Oficina');
  });

  it('is there again after Back and Forward', async () => {
    const { at } = await inConflict(ground());
    const list = await at.page.context().newPage();
    await list.close();
    await at.page.goto(`${ground().place.url}/audit`);
    await at.page.goBack();
    await at.dialog.row(fields.label).waitFor();
    expect(await at.dialog.mine(fields.label).inputValue()).toBe('Oficina');
  });

  it('is worked through by keyboard alone, from its heading, and gives the focus back', async () => {
    const { id, at } = await inConflict(ground());
    const heading = at.dialog.root.getByRole('heading').first();
    await expect.poll(() => hasFocus(heading)).toBe(true);
    await tabTo(at, at.dialog.choice(fields.label, 'Mío'));
    await at.page.keyboard.press('ArrowDown');
    expect(await at.dialog.choice(fields.label, 'Servidor').isChecked()).toBe(true);
    await at.page.keyboard.press('ArrowUp');
    await tabTo(at, at.dialog.mine(fields.label));
    await at.page.keyboard.press('End');
    await at.page.keyboard.type(' nueva');
    await tabTo(at, at.dialog.apply);
    await at.page.keyboard.press('Enter');
    await at.dialog.root.waitFor({ state: 'hidden' });
    await expect.poll(async () => (await ground().read(id)).value.label).toBe('Oficina nueva');
    await expect.poll(() => at.page.evaluate('document.activeElement !== document.body')).toBe(true);
    expect(await hasFocus(at.save)).toBe(true);
  });

  it('keeps the focus inside, whichever way one goes round', async () => {
    const { at } = await inConflict(ground());
    const isInside = `document.activeElement === document.body || document.activeElement.closest('dialog') !== null`;
    for (const key of ['Tab', 'Shift+Tab']) {
      for (let times = 0; times < 20; times += 1) {
        await at.page.keyboard.press(key);
        expect(await at.page.evaluate(isInside)).toBe(true);
      }
    }
  });

  it('says what it is about, and how much, to those who do not see it', async () => {
    const { id, at } = await inConflict(ground());
    const live = at.dialog.root.locator('[aria-live], [role=status]');
    await expect.poll(() => live.allTextContents().then((texts) => texts.join(' ').trim())).not.toBe('');
    const before = (await live.allTextContents()).join(' ');
    await ground().edit(id, { label: 'Depósito' });
    await expect.poll(async () => (await live.allTextContents()).join(' ')).not.toBe(before);
  });
});

async function tabTo({ page }: ConnectionPage, target: Locator): Promise<void> {
  for (let times = 0; times < 40; times += 1) {
    if (await hasFocus(target)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('it cannot be reached with the Tab key');
}
