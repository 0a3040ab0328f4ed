/** Two processes on one database, a proxy between that compresses and weakens, and a server that dies while it is asked. */
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { createGzip } from 'node:zlib';
import { expect, it } from 'vitest';
import { startPanel } from '../support/panel-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { fields, openConnection } from './connection-page.ts';
import { describeInBrowser, type Ground } from './ground.ts';
import { panelBuild } from './start-ground.ts';

/** Another process of the panel, on the same database and state. */
const another = ({ place }: Ground) =>
  startPanel({ database: place.database, stateDir: place.stateDir, ...panelBuild });

/** As a careless proxy does it: everything is compressed, and every strong tag becomes a weak one with a mark of the coding. */
async function carelessProxy(target: string): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((asked, answer) => {
    const passed = request(
      `${target}${asked.url}`,
      { method: asked.method, headers: asked.headers },
      (given) => {
        const { etag, ...headers } = given.headers;
        delete headers['content-length'];
        const isCoded =
          headers['content-encoding'] !== undefined ||
          headers['content-type']?.startsWith('text/event-stream') === true;
        answer.writeHead(given.statusCode ?? 502, {
          ...headers,
          ...(etag !== undefined && { etag: `W/${etag.replace(/"$/, '-gzip"')}` }),
          ...(!isCoded && { 'content-encoding': 'gzip' }),
        });
        answer.flushHeaders();
        if (isCoded) given.pipe(answer);
        else given.pipe(createGzip()).pipe(answer);
      },
    );
    passed.on('error', () => answer.destroy());
    answer.on('close', () => passed.destroy());
    asked.pipe(passed);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

describeInBrowser('two processes of the panel', (ground) => {
  it('refuse each other’s overtaken versions, and each shows what the other has written', async () => {
    await using second = await another(ground());
    const id = await ground().connection({ label: 'Casa' });
    const admin = ground().place.admin;
    const ana = await openConnection(await ground().visit({ as: admin }), id);
    const eva = await openConnection(await ground().visit({ as: admin, url: second.url }), id);
    await ana.label.fill('Oficina');
    await eva.label.fill('Almacén');
    await ana.save.click();
    await eva.status.filter({ hasText: 'Hay una versión más reciente' }).waitFor();
    await eva.save.click();
    await eva.dialog.server(fields.label).getByText('Oficina').waitFor();
    await eva.dialog.apply.click();
    await ana.page.getByRole('heading', { level: 1, name: 'Almacén' }).waitFor();
  });
});

describeInBrowser('a proxy that compresses answers and weakens their tags', (ground) => {
  it('keeps nobody from saving, from the conflict, and from the news', async () => {
    await using proxy = await carelessProxy(ground().place.url);
    const id = await ground().connection({ label: 'Casa' });
    const at = await openConnection(await ground().visit({ as: ground().place.admin, url: proxy.url }), id);
    await at.label.fill('Oficina');
    await ground().edit(id, { label: 'Almacén' });
    await at.status.filter({ hasText: 'Hay una versión más reciente' }).waitFor();
    await at.save.click();
    await at.dialog.apply.click();
    await expect.poll(async () => (await ground().read(id)).value.label).toBe('Oficina');
  });
});

describeInBrowser('a server that is killed while something is saved', (ground) => {
  it('is asked again when it is back, and has it once', async () => {
    await using directory = await temporaryDirectory();
    const { database, admin } = ground().place;
    const id = await ground().connection({ label: 'Casa' });
    await using first = await startPanel({ database, stateDir: directory.path, ...panelBuild });
    const at = await openConnection(await ground().visit({ as: admin, url: first.url }), id);
    const port = Number(new URL(first.url).port);
    const left = Promise.withResolvers<void>();
    await at.page.route('**/v1/connections/*', async (route) => {
      if (route.request().method() !== 'PATCH') return route.fallback();
      const answer = await route.fetch().catch(() => undefined);
      await first.kill();
      left.resolve();
      await (answer === undefined ? route.abort() : route.abort('connectionreset'));
    });
    await at.label.fill('Oficina');
    await at.save.click();
    await left.promise;
    await at.page.unroute('**/v1/connections/*');
    await using _second = await startPanel({ database, stateDir: directory.path, ...panelBuild, port });
    await at.tray.waitFor({ state: 'hidden' });
    expect((await ground().read(id)).value.label).toBe('Oficina');
    expect((await ground().read(id)).version).toBe(2);
  });
});
