/** The server over real sockets: what it refuses, where it listens, and how it ends. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseListenAddress } from './listen-address.ts';
import { type FetchApp, serve } from './serve.ts';
import type { HttpServer, ServeOptions } from './serve-raw.ts';

const isBun = process.versions.bun !== undefined;
const hello: FetchApp = { fetch: () => new Response('hello') };

const opened: HttpServer[] = [];

afterEach(async () => {
  for (const server of opened.splice(0)) await server[Symbol.asyncDispose]();
});

async function serving(app: FetchApp = hello, options: Partial<ServeOptions> = {}) {
  const stop = new AbortController();
  const server = await serve(app, { listen: tcp('127.0.0.1:0'), signal: stop.signal, ...options });
  opened.push(server);
  return { ...server, port: Number(new URL(server.url.replace(/^unix:.*/, 'http://x')).port), stop };
}

function tcp(text: string): ServeOptions['listen'] {
  const address = parseListenAddress(text);
  if (address.kind === 'none') throw new Error('none is no address');
  return address;
}

describe('a server', () => {
  // Bun has no such limit.
  if (!isBun) {
    it('cuts off who never reads its answer', async () => {
      const { promise: isOver, resolve } = Promise.withResolvers<void>();
      const chunk = new Uint8Array(1_048_576);
      const endless = () =>
        new ReadableStream({ pull: (controller) => controller.enqueue(chunk), cancel: () => resolve() });
      const { port } = await serving({ fetch: () => new Response(endless()) }, { silenceMs: 200 });
      const socket = connect(port, '127.0.0.1').pause();
      socket.on('error', () => undefined);
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      await isOver;
      socket.destroy();
    });
  }

  it('hands on the request as Node has it, which knows the peer', async () => {
    const peers: unknown[] = [];
    const { url } = await serving({
      fetch: (_request, environment) => {
        peers.push(environment?.incoming.socket.remoteAddress);
        return new Response('hello');
      },
    });
    await (await fetch(url)).text();
    expect(peers).toEqual(['127.0.0.1']);
  });

  it('answers on the port that it was given, and tells which that is', async () => {
    const { url } = await serving();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([200, 'hello']);
  });

  it('on an address that is taken fails with LISTEN_FAILED', async () => {
    const { port } = await serving();
    const again = serve(hello, {
      listen: tcp(`127.0.0.1:${port}`),
      signal: new AbortController().signal,
    });
    await expect(again).rejects.toMatchObject({ code: 'LISTEN_FAILED', details: { errno: 'EADDRINUSE' } });
  });

  it('on an address of another machine fails with LISTEN_FAILED', async () => {
    const elsewhere = serve(hello, {
      listen: tcp('192.0.2.1:0'),
      signal: new AbortController().signal,
    });
    await expect(elsewhere).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
  });

  it('that is told to stop answers what is under way, and nothing that comes later', async () => {
    const asked = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const { url, port, stop, closed } = await serving({
      fetch: async () => {
        asked.resolve();
        await gate.promise;
        return new Response('late');
      },
    });
    const answer = fetch(url);
    await asked.promise;
    stop.abort();
    await expect(connected(port)).rejects.toThrow();
    gate.resolve();
    expect(await (await answer).text()).toBe('late');
    await closed;
  });

  it('that is told to stop does not wait for an idle connection', async () => {
    const { port, stop, closed } = await serving(hello, { idleMs: 60_000, graceMs: 60_000 });
    const socket = await connected(port);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    const ended = closeOf(socket);
    stop.abort();
    await Promise.all([closed, ended]);
  });

  it('that is told to stop closes a connection as soon as its answer is out', async () => {
    const asked = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const { port, stop, closed } = await serving(
      {
        fetch: async () => {
          asked.resolve();
          await gate.promise;
          return new Response('late');
        },
      },
      { idleMs: 60_000, graceMs: 60_000 },
    );
    const socket = await connected(port);
    const ended = closeOf(socket);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await asked.promise;
    stop.abort();
    gate.resolve();
    const [data] = await once(socket, 'data');
    expect(String(data)).toContain('late');
    await Promise.all([closed, ended]);
  });

  it('that is told to stop cuts a request that outlasts the grace', async () => {
    const { port, stop, closed } = await serving(
      { fetch: () => new Promise<Response>(() => undefined) },
      { graceMs: 50 },
    );
    const socket = await connected(port);
    const ended = closeOf(socket);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    stop.abort();
    await Promise.all([closed, ended]);
  });

  it('that was told to stop before ends at once', async () => {
    const { closed } = await serving(hello, { signal: AbortSignal.abort() });
    await closed;
  });

  // Bun has limits of its own for these, which cannot be set.
  if (!isBun) {
    it('refuses headers that are too large with 431', async () => {
      const { port } = await serving(hello, { headerBytes: 1_024 });
      expect(await firstLine(port, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(2_000)}\r\n\r\n`)).toContain(
        '431',
      );
    });

    it('ends a connection that does not finish its headers in time', async () => {
      const { port } = await serving(hello, { headersMs: 100 });
      expect(await firstLine(port, 'GET / HTTP/1.1\r\nHost: x\r\n')).toContain('408');
    });

    it('closes connections beyond its limit', async () => {
      const { port } = await serving(hello, { connections: 1 });
      const first = await connected(port);
      const second = await connected(port);
      await closeOf(second);
      first.destroy();
    });
  }

  it('shows nobody what an app has thrown', async () => {
    const { url } = await serving({
      fetch: () => {
        throw new Error('hunter2');
      },
    });
    const answer = await fetch(url);
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('hunter2');
  });
});

describe('a server on a Unix socket', () => {
  const directory = () => {
    const path = mkdtempSync(join(tmpdir(), 'holdfast-'));
    return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
  };

  it('is for its own user alone, and leaves nothing behind', async () => {
    using place = directory();
    const path = join(place.path, 's');
    const { url, closed, stop } = await serving(hello, { listen: { kind: 'unix', path } });
    expect(url).toBe(`unix:${path}`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await textOver(path)).toBe('hello');
    stop.abort();
    await closed;
    expect(existsSync(path)).toBe(false);
  });

  it('takes the place of a socket that nobody answers on', async () => {
    using place = directory();
    const path = join(place.path, 's');
    const stale = createServer().listen(path);
    await once(stale, 'listening');
    // Renamed away and back, the socket outlives its server, as after a kill.
    renameSync(path, `${path}.kept`);
    stale.close();
    await once(stale, 'close');
    renameSync(`${path}.kept`, path);
    await serving(hello, { listen: { kind: 'unix', path } });
    expect(await textOver(path)).toBe('hello');
  });

  it('does not take the place of one that answers', async () => {
    using place = directory();
    const path = join(place.path, 's');
    await serving(hello, { listen: { kind: 'unix', path } });
    const second = serve(hello, { listen: { kind: 'unix', path }, signal: new AbortController().signal });
    await expect(second).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
    expect(await textOver(path)).toBe('hello');
  });
});

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  const failed = once(socket, 'error').then(([error]) => Promise.reject(error));
  await Promise.race([once(socket, 'connect'), failed]);
  failed.catch(() => undefined);
  socket.on('error', () => undefined);
  return socket;
}

/** A connection that is cut may say so by an error first. */
function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

async function firstLine(port: number, text: string): Promise<string> {
  const socket = await connected(port);
  socket.write(text);
  const [data] = await once(socket, 'data');
  socket.destroy();
  return String(data).split('\r\n')[0] ?? '';
}

async function textOver(socketPath: string): Promise<string> {
  const asked = request({ socketPath, path: '/', agent: false }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return text;
}
