/**
 * Two people and one connection: what becomes of both changes, by each way out of the dialog. The other person writes through the
 * API between the moment in which the form was filled and the one in which it is saved, so the order is always the same.
 */
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { someOf } from '../support/some-of.ts';
import { fields, openConnection } from './connection-page.ts';
import { describeInBrowser } from './ground.ts';

const began = { label: 'Casa', down_kbit: 10_000, up_kbit: 2_000 };

/** Every change that the page sends. */
function writtenBy(page: Page): readonly string[] {
  const written: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'PATCH') written.push(request.postData() ?? '');
  });
  return written;
}

describeInBrowser('a connection that changed while it was edited', (ground) => {
  it('is saved at once when nobody else changed it, and the next save of the same form is no conflict', async () => {
    const id = await ground().connection(began);
    const at = await openConnection(await ground().visit({ as: ground().place.admin }), id);
    for (const label of ['Oficina', 'Taller']) {
      await at.label.fill(label);
      await at.save.click();
      await at.page.getByRole('heading', { level: 1, name: label }).waitFor();
      await expect.poll(async () => (await ground().read(id)).value.label).toBe(label);
    }
    expect(await at.dialog.root.count()).toBe(0);
    expect(await ground().history(id)).toHaveLength(3);
  });

  it('keeps both changes where they touch different fields', async () => {
    const id = await ground().connection(began);
    const at = await openConnection(await ground().visit({ as: ground().place.admin }), id);
    await at.label.fill('Oficina');
    await ground().edit(id, { down_kbit: 50_000 });
    await at.save.click();
    await at.dialog.root.waitFor();
    expect(await at.dialog.row(fields.label).count()).toBe(0);
    await at.dialog.apply.click();
    await at.dialog.root.waitFor({ state: 'hidden' });
    expect((await ground().read(id)).value).toMatchObject({ ...began, label: 'Oficina', down_kbit: 50_000 });
    expect(await at.down.inputValue()).toBe('50000');
  });

  const sides = [
    ['Servidor', 'Almacén'],
    ['Original', 'Casa'],
    ['Mío', 'Oficina'],
  ] as const;
  it.each(someOf(sides, 2))(
    'ends as the user decides about a field that both changed: %s',
    async (side, label) => {
      const id = await ground().connection(began);
      const at = await openConnection(await ground().visit({ as: ground().place.admin }), id);
      await at.label.fill('Oficina');
      await ground().edit(id, { label: 'Almacén' });
      await at.save.click();
      await at.dialog.original(fields.label).getByText('Casa').waitFor();
      await at.dialog.server(fields.label).getByText('Almacén').waitFor();
      await at.dialog.choice(fields.label, side).check();
      await at.dialog.apply.click();
      await at.dialog.root.waitFor({ state: 'hidden' });
      await expect.poll(async () => (await ground().read(id)).value.label).toBe(label);
      await expect.poll(() => at.label.inputValue()).toBe(label);
    },
  );

  it('takes what is typed in the dialog for the change of the user', async () => {
    const id = await ground().connection(began);
    const at = await openConnection(await ground().visit({ as: ground().place.admin }), id);
    await at.label.fill('Oficina');
    await ground().edit(id, { label: 'Almacén' });
    await at.save.click();
    await at.dialog.choice(fields.label, 'Servidor').check();
    await at.dialog.mine(fields.label).fill('Almacén y oficina');
    expect(await at.dialog.choice(fields.label, 'Mío').isChecked()).toBe(true);
    await at.dialog.apply.click();
    await expect.poll(async () => (await ground().read(id)).value.label).toBe('Almacén y oficina');
  });

  it('writes nothing where both changed a field to the same', async () => {
    const id = await ground().connection(began);
    const at = await openConnection(await ground().visit({ as: ground().place.admin }), id);
    const written = writtenBy(at.page);
    await at.label.fill('Oficina');
    await ground().edit(id, { label: 'Oficina' });
    await at.save.click();
    await at.dialog.root.waitFor();
    expect(await at.dialog.row(fields.label).count()).toBe(0); // nothing to decide
    await at.dialog.apply.click();
    await at.dialog.root.waitFor({ state: 'hidden' });
    expect(written).toHaveLength(1); // the refused one
    expect((await ground().read(id)).version).toBe(2);
    expect(await at.label.inputValue()).toBe('Oficina');
  });

  const pairs = [
    ['Mío', { down_kbit: 10_000, up_kbit: 9_000 }],
    ['Servidor', { down_kbit: 50_000, up_kbit: 2_000 }],
  ] as const;
  it.each(someOf(pairs, 1))(
    'takes the rates as a pair from one side, never half of each: %s',
    async (side, pair) => {
      const id = await ground().connection(began);
      const at = await openConnection(await ground().visit({ as: ground().place.admin }), id);
      await at.up.fill('9000');
      await ground().edit(id, { down_kbit: 50_000 });
      await at.save.click();
      await at.dialog.choice(fields.rates, side).check();
      await at.dialog.apply.click();
      await at.dialog.root.waitFor({ state: 'hidden' });
      expect((await ground().read(id)).value).toMatchObject(pair);
    },
  );

  it('shows the state of the server after a discard, which can be undone, after a reload too, and goes on where it was', async () => {
    const id = await ground().connection(began);
    const at = await openConnection(await ground().visit({ as: ground().place.admin }), id);
    await at.label.fill('Oficina');
    await ground().edit(id, { label: 'Almacén' });
    await at.save.click();
    await at.dialog.discard.click();
    await at.dialog.root.waitFor({ state: 'hidden' });
    await expect.poll(() => at.label.inputValue()).toBe('Almacén');
    await at.page.reload();
    await at.page.getByRole('button', { name: 'Deshacer descarte' }).click();
    await at.dialog.row(fields.label).waitFor();
    expect(await at.dialog.mine(fields.label).inputValue()).toBe('Oficina');
    await at.dialog.apply.click();
    await expect.poll(async () => (await ground().read(id)).value.label).toBe('Oficina');
  });

  it('that was deleted stands there with what was typed, and never leads to a page that is none', async () => {
    const id = await ground().connection(began);
    const at = await openConnection(await ground().visit({ as: ground().place.admin }), id);
    await at.label.fill('Oficina');
    await ground().remove(id);
    await at.save.click();
    await at.dialog.ofDeleted.waitFor();
    expect(await at.dialog.ofDeleted.getByLabel('Tu cambio: Nombre').inputValue()).toBe('Oficina');
    await at.dialog.ofDeleted.getByRole('button', { name: 'Descartar mis cambios' }).click();
    await at.dialog.ofDeleted.waitFor({ state: 'hidden' });
    // A way on, and a way back.
    await at.page.getByRole('link', { name: 'Ir a las conexiones' }).waitFor();
    await at.page.getByRole('button', { name: 'Deshacer descarte' }).click();
    await at.dialog.ofDeleted.waitFor();
    expect(await at.dialog.ofDeleted.getByLabel('Tu cambio: Nombre').inputValue()).toBe('Oficina');
  });

  it('that changes once more while the dialog is open shows so in it, and applies over that', async () => {
    const id = await ground().connection(began);
    const at = await openConnection(await ground().visit({ as: ground().place.admin }), id);
    await at.label.fill('Oficina');
    await ground().edit(id, { label: 'Almacén' });
    await at.save.click();
    await at.dialog.server(fields.label).getByText('Almacén').waitFor();
    await ground().edit(id, { label: 'Depósito', up_kbit: 3_000 });
    await at.dialog.server(fields.label).getByText('Depósito').waitFor();
    expect(await at.dialog.mine(fields.label).inputValue()).toBe('Oficina');
    await at.dialog.apply.click();
    await at.dialog.root.waitFor({ state: 'hidden' });
    expect((await ground().read(id)).value).toMatchObject({ label: 'Oficina', up_kbit: 3_000 });
  });

  it('asks again when the newest value that apply reads overlaps anew', async () => {
    const id = await ground().connection(began);
    const visitor = await ground().visit({ as: ground().place.admin });
    // Nothing is told to this page: what it knows it has to read.
    await visitor.context.route('**/v1/events', (route) => route.abort());
    const at = await openConnection(visitor, id);
    await at.label.fill('Oficina');
    await ground().edit(id, { label: 'Almacén' });
    await at.save.click();
    await at.dialog.row(fields.label).waitFor();
    await ground().edit(id, { label: 'Depósito' });
    await at.dialog.apply.click();
    await at.dialog.server(fields.label).getByText('Depósito').waitFor();
    expect((await ground().read(id)).value.label).toBe('Depósito');
    await at.dialog.apply.click();
    await at.dialog.root.waitFor({ state: 'hidden' });
    expect((await ground().read(id)).value.label).toBe('Oficina');
  });

  it('is written once, however often apply is pressed', async () => {
    const id = await ground().connection(began);
    const at = await openConnection(await ground().visit({ as: ground().place.admin }), id);
    const written = writtenBy(at.page);
    await at.label.fill('Oficina');
    await ground().edit(id, { label: 'Almacén' });
    await at.save.click();
    await at.dialog.apply.dblclick({ delay: 5 });
    await at.dialog.root.waitFor({ state: 'hidden' });
    await expect.poll(async () => (await ground().read(id)).value.label).toBe('Oficina');
    expect(written).toHaveLength(2); // the refused one, and the merged one
    expect((await ground().read(id)).version).toBe(3);
  });

  it('is refused although the page has read the newer version in the background', async () => {
    const id = await ground().connection(began);
    const at = await openConnection(await ground().visit({ as: ground().place.admin }), id);
    await at.label.fill('Oficina');
    await ground().edit(id, { label: 'Almacén' });
    await at.status.filter({ hasText: 'Hay una versión más reciente' }).waitFor();
    await at.save.click();
    await at.dialog.row(fields.label).waitFor();
    expect((await ground().read(id)).value.label).toBe('Almacén');
  });
});
