/** A list of ten thousand: as few rows in the page as fit, whatever is scrolled by; what a frame takes is measured, and told. */
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { counts } from '../support/counts.ts';
import { startPanel } from '../support/panel-process.ts';
import { fillConnections } from '../truth/many-connections.ts';
import { describeInBrowser } from './ground.ts';
import { addAdmin, panelBuild } from './start-ground.ts';

const total = counts.listedConnections;

/** Milliseconds between frames while the list is scrolled by `steps` screens. */
async function framesWhileScrolling(page: Page, steps: number): Promise<readonly number[]> {
  return page.evaluate(`(async () => {
    const frame = () => new Promise(requestAnimationFrame);
    const grid = document.querySelector('[aria-rowcount]');
    let box = grid;
    while (box !== null && box.scrollHeight <= box.clientHeight + 1) box = box.parentElement;
    box ??= document.scrollingElement;
    const times = [];
    let last = await frame();
    for (let step = 0; step < ${steps}; step += 1) {
      box.scrollTop += 600;
      const now = await frame();
      times.push(now - last);
      last = now;
    }
    return times;
  })()`);
}

describeInBrowser(`a list of ${total} connections`, (ground) => {
  it('has as few rows as fit, can be scrolled to its end, and found by search', async () => {
    await using panel = await startPanel({
      ...panelBuild,
      prepare: async (truth) => {
        await addAdmin(truth);
        await fillConnections(truth, total);
      },
    });
    const visitor = await ground().visit({ as: ground().place.admin, url: panel.url });
    const page = await visitor.open('/connections?sort=id');
    await page.getByRole('link', { name: 'Conexión 1', exact: true }).waitFor();
    const rows = page.getByRole('row');
    const frames = (await framesWhileScrolling(page, 150)).toSorted((one, other) => one - other);
    expect(await rows.count()).toBeLessThan(150);
    const at = (share: number) => (frames[Math.floor(frames.length * share)] ?? 0).toFixed(1);
    process.stdout.write(
      `frames while scrolling: median ${at(0.5)} ms, 95 % ${at(0.95)} ms, longest ${at(0.999)} ms\n`,
    );
    await page.getByLabel('Buscar').fill(`user-${total}`);
    await page.getByRole('link', { name: `Conexión ${total}`, exact: true }).waitFor();
  });
});
