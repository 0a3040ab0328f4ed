/** Labels that are attacks, browsers without storage, clocks that are wrong, and a policy that nothing may breach. */
import { expect, it } from 'vitest';
import { someOf } from '../support/some-of.ts';
import { openConnection } from './connection-page.ts';
import { describeInBrowser } from './ground.ts';

const labels = [
  '<img src=x onerror="document.title=1"><script>document.title=2</script>" onfocus="document.title=3" x="',
  '{{constructor}}%s%n&lt;b&gt; \u202Egnidda\u202C\u200F\u2066evil 𝕳𝖔𝖑𝖆 👩‍👩‍👧‍👦\u0301\u0301\u0301\u0301\u0301\u0301',
  'a'.repeat(120),
];

describeInBrowser('a hostile label', (ground) => {
  it.each(someOf(labels, 1))('is text and nothing else, wherever it is shown (%#)', async (label) => {
    const id = await ground().connection({ label });
    const visitor = await ground().visit({ as: ground().place.admin });
    const at = await openConnection(visitor, id);
    expect(await at.label.inputValue()).toBe(label);
    const title = await at.page.title();
    expect(title).not.toMatch(/^[123]$/);
    await at.label.fill(`${label.slice(0, 90)} mine`);
    await ground().edit(id, { label: `${label.slice(0, 90)} theirs` });
    await at.save.click();
    await at.dialog.row('Nombre').waitFor();
    const widths = 'document.documentElement.scrollWidth <= document.documentElement.clientWidth';
    expect(await at.page.evaluate(widths)).toBe(true);
    expect(await at.page.evaluate('document.scripts.length')).toBe(
      await at.page.evaluate('document.querySelectorAll("script[src]").length'),
    );
  });
});

describeInBrowser('a browser', (ground) => {
  it.each([
    [
      'forbids storage',
      `for (const name of ['indexedDB', 'localStorage', 'sessionStorage'])
      Object.defineProperty(globalThis, name, { get() { throw new DOMException('no', 'SecurityError'); } });`,
    ],
    [
      'has no room left',
      `Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };
      IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); };
      IDBObjectStore.prototype.add = IDBObjectStore.prototype.put;`,
    ],
    [
      'has no secure context, as over plain HTTP',
      `
      delete Crypto.prototype.randomUUID; delete Navigator.prototype.locks; delete Crypto.prototype.subtle;`,
    ],
  ])('that %s can be typed in, and saves, and resolves a conflict', async (_, script) => {
    const id = await ground().connection({ label: 'Casa' });
    const visitor = await ground().visit({ as: ground().place.admin });
    await visitor.context.addInitScript(script);
    const at = await openConnection(visitor, id);
    await at.label.fill('Oficina');
    await ground().edit(id, { label: 'Almacén' });
    await at.save.click();
    await at.dialog.apply.click();
    await expect.poll(async () => (await ground().read(id)).value.label).toBe('Oficina');
  });

  const clocks: readonly (readonly [string, number])[] = [
    ['ten years behind', -3_650],
    ['a year ahead', 365],
  ];
  it.each(someOf(clocks, 1))('whose clock is %s stays logged in, and saves', async (_, days) => {
    const id = await ground().connection({ label: 'Casa' });
    const visitor = await ground().visit({ as: ground().place.admin });
    await visitor.context.clock.install({ time: Date.now() + days * 86_400_000 });
    await visitor.context.clock.resume();
    const at = await openConnection(visitor, id);
    await at.label.fill('Oficina');
    await at.save.click();
    await expect.poll(async () => (await ground().read(id)).value.label).toBe('Oficina');
    await at.page.reload();
    await expect.poll(() => at.label.inputValue()).toBe('Oficina');
  });
});
