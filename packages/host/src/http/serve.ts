/**
 * Serves a Hono app, or anything else with a `fetch`, until told to stop: on loopback or a Unix socket, over plain HTTP. A
 * proxy that ends TLS belongs in front of whatever leaves the machine.
 *
 * Requests are limited in the size of their headers and in time, connections in number. At the stop no connection is
 * accepted any more, idle ones are closed, requests under way are answered for as long as the grace lasts.
 *
 * A Unix socket is made 0600. For the moment before that it has what the umask leaves: its directory should be private too.
 */
import { chmodSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { errnoOf, HoldfastError } from '@holdfast/base';
import { createAdaptorServer } from '@hono/node-server';
import { type ListenAddress, listenUrl } from './listen-address.ts';

export interface HttpLimits {
  /** Of all headers of a request together, in bytes; 8 KiB. More is answered with 431. Bun keeps its own, 16 KiB. */
  readonly headerBytes?: number;
  /** Until all headers are there, in milliseconds; 5 000. */
  readonly headersMs?: number;
  /** Until the whole request is there, in milliseconds; 30 000. */
  readonly requestMs?: number;
  /** How long a connection is kept for the next request, in milliseconds; 5 000. */
  readonly idleMs?: number;
  /** Connections at once; 256. What comes on top is closed at once. */
  readonly connections?: number;
}

export interface ServeOptions extends HttpLimits {
  readonly listen: Exclude<ListenAddress, { kind: 'none' }>;
  /** Ends the server. */
  readonly signal: AbortSignal;
  /** How long requests under way may take after the signal, in milliseconds; 5 000. */
  readonly graceMs?: number;
}

export interface HttpServer extends AsyncDisposable {
  /** `http://HOST:PORT` with the port that was really taken, or `unix:PATH`. */
  readonly url: string;
  /** Resolves when the last connection is gone. */
  readonly closed: Promise<void>;
}

/** What answers requests: a Hono app is one. */
export interface FetchApp {
  fetch(request: Request): Response | Promise<Response>;
}

/** @throws HoldfastError LISTEN_FAILED - the address is taken, not of this machine, or not permitted */
export async function serve(app: FetchApp, options: ServeOptions): Promise<HttpServer> {
  const server = createServer(app, options);
  await listenOn(server, options.listen);
  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  const stop = () => drain(server, options.graceMs ?? 5_000);
  options.signal.addEventListener('abort', stop, { once: true });
  void closed.then(() => options.signal.removeEventListener('abort', stop));
  if (options.signal.aborted) stop();
  return {
    url: listenUrl(withPort(options.listen, server)),
    closed,
    [Symbol.asyncDispose]: async () => {
      stop();
      await closed;
    },
  };
}

function createServer(app: FetchApp, limits: HttpLimits): Server {
  const serverOptions = {
    maxHeaderSize: limits.headerBytes ?? 8_192,
    headersTimeout: limits.headersMs ?? 5_000,
    requestTimeout: limits.requestMs ?? 30_000,
    keepAliveTimeout: limits.idleMs ?? 5_000,
    connectionsCheckingInterval: 1_000,
  };
  const server = createAdaptorServer({
    fetch: (request) => app.fetch(request),
    serverOptions,
    overrideGlobalObjects: false,
  }) as Server;
  server.maxConnections = limits.connections ?? 256;
  return server;
}

async function listenOn(server: Server, address: ServeOptions['listen']): Promise<void> {
  try {
    await listenOnce(server, address);
  } catch (cause) {
    if (!(await removeStaleSocket(address, cause))) throw listenFailure(address, cause);
    await listenOnce(server, address).catch((again: unknown) => {
      throw listenFailure(address, again);
    });
  }
}

async function listenOnce(server: Server, address: ServeOptions['listen']): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.once('listening', resolve);
  server.listen(address.kind === 'tcp' ? { host: address.host, port: address.port } : { path: address.path });
  try {
    await promise;
    if (address.kind === 'unix') chmodSync(address.path, 0o600);
  } finally {
    server.off('error', reject);
    server.off('listening', resolve);
  }
}

/** The socket of a server that was killed stays behind; one that somebody answers on is not touched. */
async function removeStaleSocket(address: ServeOptions['listen'], cause: unknown): Promise<boolean> {
  if (address.kind !== 'unix' || errnoOf(cause) !== 'EADDRINUSE') return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(address.path);
  socket.once('connect', () => resolve(false));
  socket.once('error', (error) => resolve(errnoOf(error) === 'ECONNREFUSED'));
  const isStale = await promise;
  socket.destroy();
  if (isStale) unlinkSync(address.path);
  return isStale;
}

function listenFailure(address: ServeOptions['listen'], cause: unknown): HoldfastError {
  const errno = errnoOf(cause) ?? 'unknown error';
  const where = listenUrl(address);
  return new HoldfastError('LISTEN_FAILED', `${where} cannot be listened on (${errno})`, {
    cause,
    details: { where, errno },
  });
}

function withPort(address: ServeOptions['listen'], server: Server): ServeOptions['listen'] {
  const taken = server.address();
  if (address.kind === 'unix' || typeof taken !== 'object' || taken === null) return address;
  return { ...address, port: taken.port };
}

/** Idempotent. */
function drain(server: Server, graceMs: number): void {
  if (!server.listening) return;
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  // A connection becomes idle when its answer is out; nobody closes it then but we.
  const sweep = setInterval(() => server.closeIdleConnections(), 20);
  server.close(() => {
    clearTimeout(timer);
    clearInterval(sweep);
  });
  server.closeIdleConnections();
}
