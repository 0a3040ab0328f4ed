/** The server for raw listeners: bodies and their limit, and TLS. What it has in common with `serve` is tested there. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request as requestTls } from 'node:https';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type TlsAuthority, tlsAuthority, tlsTexts } from '../../../../tests/support/tls-authority.ts';
import { readBody } from './read-body.ts';
import { type HttpServer, type RequestListener, type ServeOptions, serveRaw } from './serve-raw.ts';

const isBun = process.versions.bun !== undefined;
const opened: HttpServer[] = [];

afterEach(async () => {
  for (const server of opened.splice(0)) await server[Symbol.asyncDispose]();
});

/** Answers how many bytes it has read, or that there were too many. */
const counting: RequestListener = (request, response) => {
  readBody(request, 1_000, (body) => {
    const text = body.kind === 'whole' ? String(body.bytes.length) : 'too large';
    response.writeHead(body.kind === 'whole' ? 200 : 413, { 'Content-Length': text.length });
    response.end(text, () => {
      if (body.kind === 'too-large' && !body.isOver) request.destroy();
    });
  });
};

async function serving(listener: RequestListener = counting, options: Partial<ServeOptions> = {}) {
  const stop = new AbortController();
  const listen = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
  const server = await serveRaw(listener, { listen, signal: stop.signal, ...options });
  opened.push(server);
  return { ...server, port: Number(new URL(server.url).port), stop };
}

describe('a raw server', () => {
  it.each([0, 1, 999, 1_000])('gives a listener a body of %d bytes', async (size) => {
    const { url } = await serving();
    const answer = await fetch(url, { method: 'POST', body: 'x'.repeat(size) });
    expect([answer.status, await answer.text()]).toEqual([200, String(size)]);
  });

  it('puts a body together that comes in pieces', async () => {
    const { port } = await serving();
    const socket = await connected(port);
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (const piece of ['3\r\nabc\r\n', '2\r\nde\r\n', '0\r\n\r\n']) {
      await new Promise((resolve) => socket.write(piece, resolve));
    }
    expect(await heard(socket, '5')).toContain('200');
    socket.destroy();
  });

  it.each([1_001, 5_000])('lets the sender of %d bytes read why they are too many', async (size) => {
    const { url } = await serving();
    const answer = await fetch(url, { method: 'POST', body: 'x'.repeat(size) });
    expect([answer.status, await answer.text()]).toEqual([413, 'too large']);
  });

  it('gives up on a body that does not end', async () => {
    const { port } = await serving();
    const socket = await connected(port);
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined); // what it still writes is not read
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n');
    const pour = () => {
      while (!socket.destroyed && socket.write(Buffer.alloc(65_536))); // until the pipe is full
    };
    socket.on('drain', pour);
    pour();
    await ended;
  });

  it('answers several requests on one connection', async () => {
    const { port } = await serving();
    const socket = await connected(port);
    for (const size of [1, 22]) {
      socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`);
      expect(await heard(socket, String(size))).toContain('200');
    }
    socket.destroy();
  });

  it('that is told to stop answers what is under way, then closes the connection', async () => {
    const asked = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const { port, stop, closed } = await serving(
      (_request, response) => {
        asked.resolve();
        void gate.promise.then(() => response.end('late'));
      },
      { idleMs: 60_000, graceMs: 60_000 },
    );
    const socket = await connected(port);
    const ended = once(socket, 'close');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await asked.promise;
    stop.abort();
    gate.resolve();
    expect(await heard(socket, 'late')).toContain('200');
    await Promise.all([closed, ended]);
  });

  // Bun has a limit of its own, which cannot be set.
  if (!isBun) {
    it('ends a request whose body does not come in time', async () => {
      const { port } = await serving(counting, { requestMs: 200, headersMs: 100 });
      const socket = await connected(port);
      const ended = once(socket, 'close');
      socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab');
      expect(await heard(socket, '408')).toContain('408');
      await ended;
    });
  }
});

describe('a raw server over TLS', () => {
  let directory: string;
  let authority: TlsAuthority;
  let stranger: TlsAuthority;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-tls-'));
    authority = tlsAuthority(join(directory, 'ours'));
    stranger = tlsAuthority(join(directory, 'theirs'), 'stranger');
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const ca = (of: TlsAuthority) => readFileSync(of.path, 'utf8');

  it('answers who trusts its authority', async () => {
    const { url } = await serving(counting, { tls: tlsTexts(authority.issue('server')) });
    expect(url).toMatch(/^https:/);
    expect(await askTls(url, { ca: ca(authority) })).toBe('0');
    await expect(askTls(url, { ca: ca(stranger) })).rejects.toThrow();
  });

  it('serves only clients of the authority that it was given', async () => {
    const tls = { ...tlsTexts(authority.issue('strict')), clientCa: ca(authority) };
    const { url } = await serving(counting, { tls });
    const [ours, theirs] = [authority.issue('client'), stranger.issue('intruder')].map(tlsTexts);
    const client = (file: typeof ours) => ({ ca: ca(authority), cert: file?.certificate, key: file?.key });
    expect(await askTls(url, client(ours))).toBe('0');
    await expect(askTls(url, client(theirs))).rejects.toThrow();
    await expect(askTls(url, { ca: ca(authority) })).rejects.toThrow();
  });

  it.each(['', 'no PEM'])('with a certificate that is %j does not start', async (certificate) => {
    const { key } = tlsTexts(authority.issue('broken'));
    const failed = serving(counting, { tls: { certificate: certificate === '' ? key : certificate, key } });
    await expect(failed).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('with the key of another certificate does not start', async () => {
    const [one, other] = [authority.issue('one'), authority.issue('other')].map(tlsTexts);
    const tls = { certificate: one?.certificate ?? '', key: other?.key ?? '' };
    await expect(serving(counting, { tls })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket.setEncoding('latin1');
}

/** What comes until `text` is among it. */
async function heard(socket: Socket, text: string): Promise<string> {
  let all = '';
  while (!all.includes(`\r\n\r\n${text}`) && !(text === '408' && all.includes(text))) {
    const [data] = await once(socket, 'data');
    all += String(data);
  }
  return all;
}

async function askTls(
  url: string,
  options: { [Key in keyof RequestOptions]: RequestOptions[Key] | undefined },
) {
  const asked = requestTls(url, { ...(options as RequestOptions), agent: false }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += String(chunk);
  return text;
}
