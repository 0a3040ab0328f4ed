/**
 * A catalogue on a local HTTP or HTTPS server: the sample answers of the DISCO API, with entity tags, and whatever a test wants
 * to go wrong. A gate keeps answers back until the test lets them go, so that nothing has to be slow by the clock.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export type Reply = (request: IncomingMessage, response: ServerResponse) => void;

export interface CatalogueServer extends AsyncDisposable {
  /** Base URL of the API. */
  readonly url: string;
  /** `/distributions`, `/packages?distro=zulu`, as they came. */
  readonly requests: string[];
  /** What is answered in place of the samples, by the beginning of the path; cleared by the test. */
  readonly instead: Map<string, Reply>;
  /** Part of every entity tag and of every id: another one is another catalogue. */
  edition: number;
  /** Keeps every answer back from now on. */
  close(): Gate;
}

export interface Gate {
  /** Resolves when a request has arrived and is kept. */
  readonly reached: Promise<void>;
  open(): void;
}

const samples = join(import.meta.dirname, 'foojay');

export async function catalogueServer(tls?: ServerOptions): Promise<CatalogueServer> {
  let gate: { readonly opened: Promise<void>; readonly reach: () => void } | undefined;
  const requests: string[] = [];
  const instead = new Map<string, Reply>();
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url?.replace(/^\/disco\/v3\.0/, '') ?? '';
    requests.push(path);
    const reply = [...instead].find(([prefix]) => path.startsWith(prefix))?.[1] ?? sample(server, path);
    gate?.reach();
    void (gate?.opened ?? Promise.resolve()).then(() => reply(request, response));
  };
  const listener = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  const server: CatalogueServer = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/disco/v3.0`,
    requests,
    instead,
    edition: 1,
    close: () => {
      const { promise: opened, resolve: open } = Promise.withResolvers<void>();
      const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
      gate = { opened, reach };
      return {
        reached,
        open: () => {
          gate = undefined;
          open();
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      listener.closeAllConnections();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
  return server;
}

/** A status, or a body of some type. */
export function answering(status: number, body = '', headers: Readonly<Record<string, string>> = {}): Reply {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  };
}

function sample(server: CatalogueServer, path: string): Reply {
  const url = new URL(path, 'http://localhost');
  const name =
    url.pathname === '/distributions' ? 'distributions' : `packages-${url.searchParams.get('distro')}`;
  return (request, response) => {
    const body = bodyOf(name, server.edition);
    if (body === undefined) return void response.writeHead(404).end();
    const etag = `"${name}-${server.edition}"`;
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304, { etag }).end();
    response.writeHead(200, { 'content-type': 'application/json', etag }).end(body);
  };
}

function bodyOf(name: string, edition: number): string | undefined {
  if (!/^(?:distributions|packages-(?:zulu|temurin|liberica))$/.test(name)) return undefined;
  return readFileSync(join(samples, `${name}.json`), 'utf8').replaceAll('"id": "', `"id": "${edition}-`);
}
