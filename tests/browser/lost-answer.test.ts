/** Answers that never come, pages that are reloaded meanwhile, and a server that is killed: what was saved is saved once. */
import type { Page, Route } from 'playwright-core';
import { expect, it } from 'vitest';
import { connectionPage, openConnection } from './connection-page.ts';
import { describeInBrowser } from './ground.ts';
import { storedText } from './stored-text.ts';

const path = '**/v1/connections/*';

interface SentMutation {
  readonly clientMutationId: string;
  readonly version: number;
}

/** Every change that the page sends, as it was sent. */
function sentBy(page: Page): readonly SentMutation[] {
  const sent: SentMutation[] = [];
  page.on('request', (request) => {
    if (request.method() === 'PATCH') sent.push(request.postDataJSON() as SentMutation);
  });
  return sent;
}

/** The first change is answered as `act` does; whatever else goes its way. */
async function onFirstChange(page: Page, act: (route: Route) => Promise<void>): Promise<void> {
  let isFirst = true;
  await page.route(path, async (route) => {
    const isChange = route.request().method() === 'PATCH';
    if (!(isChange && isFirst)) return route.fallback();
    isFirst = false;
    await act(route);
  });
}

describeInBrowser('a change whose answer is lost', (ground) => {
  it('is sent again under its id, and done once', async () => {
    const id = await ground().connection({ label: 'Casa' });
    const at = await openConnection(await ground().visit({ as: ground().place.admin }), id);
    const sent = sentBy(at.page);
    await onFirstChange(at.page, async (route) => {
      await route.fetch();
      await route.abort('connectionreset');
    });
    await at.label.fill('Oficina');
    await at.save.click();
    await at.page.getByRole('heading', { level: 1, name: 'Oficina' }).waitFor();
    await expect.poll(() => sent.length).toBe(2);
    expect(sent[1]).toEqual(sent[0]);
    await at.tray.waitFor({ state: 'hidden' });
    expect((await ground().read(id)).version).toBe(2);
    expect(await at.dialog.root.count()).toBe(0);
  });

  it.each([
    ['has reached the server', true],
    ['has never left', false],
  ])('because the page was reloaded is asked for under its id: it %s', async (_, isReached) => {
    const id = await ground().connection({ label: 'Casa' });
    const visitor = await ground().visit({ as: ground().place.admin });
    const at = await openConnection(visitor, id);
    const sent = sentBy(at.page);
    const held = Promise.withResolvers<void>();
    await onFirstChange(at.page, async (route) => {
      if (isReached) await route.fetch();
      held.resolve();
    });
    await at.label.fill('Oficina');
    await at.save.click();
    await held.promise;
    await at.page.reload();
    await expect.poll(async () => (await ground().read(id)).value.label).toBe('Oficina');
    await expect.poll(() => sent.length).toBe(2);
    expect(sent[1]?.clientMutationId).toBe(sent[0]?.clientMutationId);
    await expect.poll(() => at.label.inputValue()).toBe('Oficina');
    await at.tray.waitFor({ state: 'hidden' });
    expect((await ground().read(id)).version).toBe(2);
  });

  it('is on disk before it leaves', async () => {
    const id = await ground().connection({ label: 'Casa' });
    const visitor = await ground().visit({ as: ground().place.admin });
    const at = await openConnection(visitor, id);
    const left = Promise.withResolvers<string>();
    await onFirstChange(at.page, async (route) => {
      left.resolve((route.request().postDataJSON() as SentMutation).clientMutationId);
    });
    await at.label.fill('Oficina');
    await at.save.click();
    const clientMutationId = await left.promise;
    expect(await storedText(at.page)).toContain(clientMutationId);
  });

  it('waits for the network, says so, and goes on by itself', async () => {
    const id = await ground().connection({ label: 'Casa' });
    const visitor = await ground().visit({ as: ground().place.admin });
    const at = await openConnection(visitor, id);
    await visitor.context.setOffline(true);
    await at.label.fill('Oficina');
    await at.save.click();
    await at.tray.waitFor();
    expect((await ground().read(id)).version).toBe(1);
    await visitor.context.setOffline(false);
    await at.tray.waitFor({ state: 'hidden' });
    expect((await ground().read(id)).value.label).toBe('Oficina');
  });
});

describeInBrowser('a page that is reloaded', (ground) => {
  it('with the conflict open opens it again, with what was typed', async () => {
    const id = await ground().connection({ label: 'Casa' });
    const at = await openConnection(await ground().visit({ as: ground().place.admin }), id);
    await at.label.fill('Oficina');
    await ground().edit(id, { label: 'Almacén' });
    await at.save.click();
    await at.dialog.mine('Nombre').fill('Oficina nueva');
    await expect.poll(() => storedText(at.page)).toContain('Oficina nueva');
    await ground().edit(id, { label: 'Depósito' });
    await at.page.reload();
    await at.dialog.row('Nombre').waitFor();
    expect(await at.dialog.mine('Nombre').inputValue()).toBe('Oficina nueva');
    await at.dialog.apply.click();
    await expect.poll(async () => (await ground().read(id)).value.label).toBe('Oficina nueva');
  });

  it('has back what was typed and not saved, and says so', async () => {
    const id = await ground().connection({ label: 'Casa' });
    const at = await openConnection(await ground().visit({ as: ground().place.admin }), id);
    await at.label.fill('Oficina');
    await expect.poll(() => storedText(at.page)).toContain('Oficina');
    await at.page.reload();
    await expect.poll(() => at.label.inputValue()).toBe('Oficina');
    expect((await ground().read(id)).version).toBe(1);
    await at.save.click();
    await expect.poll(async () => (await ground().read(id)).value.label).toBe('Oficina');
  });

  it('opens the conflict where the server moved on while it was away', async () => {
    const id = await ground().connection({ label: 'Casa' });
    const visitor = await ground().visit({ as: ground().place.admin });
    const at = await openConnection(visitor, id);
    await at.label.fill('Oficina');
    await expect.poll(() => storedText(at.page)).toContain('Oficina');
    await at.page.goto('about:blank');
    await ground().edit(id, { label: 'Almacén' });
    await at.page.goto(`${ground().place.url}/connections/${id}`);
    await connectionPage(at.page).dialog.row('Nombre').waitFor();
    expect(await at.dialog.mine('Nombre').inputValue()).toBe('Oficina');
  });
});
