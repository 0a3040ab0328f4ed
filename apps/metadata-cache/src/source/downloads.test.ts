/** Tries, limits and the deadline of downloads, against a local server and a clock that does not wait. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type Clock, systemClock } from '@holdfast/base';
import { afterEach, describe, expect, it } from 'vitest';
import { Downloads, type DownloadsOptions, fetchTries } from './downloads.ts';

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(0) : server.close(resolve)));
  server = undefined;
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function hastyClock(): Clock & { readonly sleeps: number[] } {
  const sleeps: number[] = [];
  return {
    ...systemClock,
    sleeps,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      sleeps.push(ms);
    },
  };
}

const downloadsWith = (options: Partial<DownloadsOptions> = {}) =>
  new Downloads({ timeoutMs: 60_000, maxBytes: 1_000_000, signal: new AbortController().signal, ...options });

describe('a download', () => {
  it('is tried four times, with waits from zero to 250, 500 and 1000 ms', async () => {
    const url = await serve((_request, response) => response.writeHead(503).end());
    const clock = hastyClock();
    using downloads = downloadsWith({ clock });
    await expect(downloads.get(url)).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      details: { tries: fetchTries, status: 503 },
    });
    expect([downloads.requests, downloads.retries]).toEqual([4, 3]);
    for (const [place, most] of [250, 500, 1_000].entries())
      expect(clock.sleeps[place]).toBeLessThanOrEqual(most);
  });

  it('waits as long as the server asks, 30 s at most', async () => {
    let count = 0;
    const url = await serve((_request, response) => {
      count += 1;
      response.writeHead(count === 3 ? 200 : 429, { 'retry-after': count === 1 ? '7' : '3600' }).end('{}');
    });
    const clock = hastyClock();
    using downloads = downloadsWith({ clock });
    expect(await downloads.get(url)).toMatchObject({ kind: 'body', text: '{}' });
    expect(clock.sleeps).toEqual([7_000, 30_000]);
  });

  it.each([400, 401, 403, 410])('that is answered %d is not repeated', async (status) => {
    const url = await serve((_request, response) => response.writeHead(status).end());
    using downloads = downloadsWith();
    await expect(downloads.get(url)).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      details: { status },
    });
    expect(downloads.requests).toBe(1);
  });

  it('counts what is unpacked, and ends in the middle of what is too much', async () => {
    const bomb = gzipSync(Buffer.alloc(5_000_000, 'x'));
    const url = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );
    using downloads = downloadsWith();
    await expect(downloads.get(url)).rejects.toMatchObject({ code: 'SOURCE_TOO_LARGE' });
    expect(bomb.length).toBeLessThan(10_000);
    expect(downloads.bytes).toBeLessThan(2_000_000);
  });

  it('follows five redirects, and no circle', async () => {
    let hops = 0;
    const url = await serve((_request, response) => {
      hops += 1;
      response.writeHead(302, { location: '/again' }).end();
    });
    using downloads = downloadsWith();
    await expect(downloads.get(url)).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      message: /in circles/,
    });
    expect(hops).toBe(6);
  });

  it('shares its size among all requests', async () => {
    const url = await serve((_request, response) => response.end('x'.repeat(600_000)));
    using downloads = downloadsWith();
    await downloads.get(url);
    await expect(downloads.get(url)).rejects.toMatchObject({ code: 'SOURCE_TOO_LARGE' });
  });

  it('ends at its deadline, however much the server dribbles', async () => {
    const url = await serve((_request, response) => {
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    });
    using downloads = downloadsWith({ timeoutMs: 150 });
    await expect(downloads.get(url)).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      details: { timeoutMs: 150 },
    });
  });

  it('is given up and repeated when the server falls silent', async () => {
    const url = await serve(() => undefined);
    using downloads = downloadsWith({ idleMs: 30, clock: hastyClock() });
    await expect(downloads.get(url)).rejects.toMatchObject({ message: /was silent for 30 ms, in 4 tries/ });
  });

  it('that is cancelled rejects with the reason', async () => {
    const controller = new AbortController();
    const url = await serve(() => controller.abort(new Error('enough')));
    using downloads = downloadsWith({ signal: controller.signal });
    await expect(downloads.get(url)).rejects.toThrow('enough');
  });

  it('shows the credentials of an address to its server only', async () => {
    const seen: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      seen.push(request.headers.authorization);
      const isFirst = request.url === '/first';
      const location = `http://localhost:${new URL(url).port}/second`;
      response.writeHead(isFirst ? 302 : 400, isFirst ? { location } : {}).end();
    });
    using downloads = downloadsWith();
    const address = `${url.replace('//', '//user:secret@')}first`;
    const failure = await downloads.get(address).catch((error: unknown) => error);
    expect(seen).toEqual([`Basic ${Buffer.from('user:secret').toString('base64')}`, undefined]);
    expect(JSON.stringify(failure) + String(failure)).not.toContain('secret');
  });
});
