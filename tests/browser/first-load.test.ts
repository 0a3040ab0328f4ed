/** What the first page costs: bytes over the wire, and the time until somebody can type. And that the policy holds on every answer. */
import type { Page, Response } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser } from './ground.ts';

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

interface Loaded {
  readonly wireBytes: number;
  readonly answers: readonly Response[];
  readonly tookMs: number;
}

/** Opens `path` and waits until it can be used. */
async function load(page: Page, path: string, isUsable: (page: Page) => Promise<void>): Promise<Loaded> {
  const answers: Response[] = [];
  page.on('response', (answer) => answers.push(answer));
  const startedMs = performance.now();
  await page.goto(path);
  await isUsable(page);
  const tookMs = Math.round(performance.now() - startedMs);
  const assets = answers.filter((answer) => !new URL(answer.url()).pathname.startsWith('/v1/'));
  const sizes = await Promise.all(assets.map((answer) => answer.request().sizes()));
  const wireBytes = sizes.reduce((sum, size) => sum + size.responseBodySize, 0);
  return { wireBytes, answers, tookMs };
}

describeInBrowser('the first load', (ground) => {
  it('of the login and of the connections is at most 200 kB over the wire', async () => {
    const { url, admin } = ground().place;
    const stranger = await (await ground().visit()).context.newPage();
    const login = await load(stranger, `${url}/login`, (page) =>
      page.getByLabel('Correo electrónico').fill('ana@example.org'),
    );
    const known = await (await ground().visit({ as: admin })).context.newPage();
    const list = await load(known, `${url}/connections`, (page) => page.getByLabel('Buscar').fill('a'));
    for (const [name, { wireBytes, tookMs }] of Object.entries({ login, list })) {
      process.stdout.write(
        `first load of the ${name}: ${Math.round(wireBytes / 1_000)} kB, usable after ${tookMs} ms\n`,
      );
      expect(wireBytes).toBeLessThan(200_000);
      expect(wireBytes).toBeGreaterThan(10_000);
    }
  });

  it('has the policy and the other headers on every answer, keeps hashed files, and never the rest', async () => {
    const { url, admin } = ground().place;
    const page = await (await ground().visit({ as: admin })).context.newPage();
    const { answers } = await load(page, `${url}/connections`, (opened) =>
      opened.getByLabel('Buscar').fill('a'),
    );
    const own = answers.filter((answer) => answer.url().startsWith(url));
    expect(own.length).toBeGreaterThan(3);
    for (const answer of own) {
      const headers = answer.headers();
      expect([answer.url(), headers['content-security-policy']]).toEqual([answer.url(), policy]);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers.server).toBeUndefined();
      const { pathname } = new URL(answer.url());
      if (pathname.startsWith('/v1/')) expect(headers['cache-control']).toBe('no-store');
      else if (pathname.startsWith('/assets/')) expect(headers['cache-control']).toContain('immutable');
      else expect(headers['cache-control']).toContain('no-cache');
    }
  });
});
