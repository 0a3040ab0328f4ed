/**
 * Serves requests as Node gives them until told to stop: on TCP or a Unix socket, over HTTP or TLS. For handlers on a hot
 * path; `serve` is the same for anything with a `fetch`, which costs each request its conversion: 28 to 53 µs of 65 to 90 on Node,
 * 30 of 60 on Bun, for a small JSON body both ways over kept connections.
 *
 * Requests are limited in the size of their headers and in time, connections in number; how large a body may be is for the
 * handler to say (`readBody`). At the stop no connection is accepted any more, idle ones are closed, requests under way are
 * answered for as long as the grace lasts.
 *
 * A Unix socket is made 0600. For the moment before that it has what the umask leaves: its directory should be private too.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, unlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { errnoOf, HoldfastError } from '@holdfast/base';
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
  /**
   * How long nothing may go either way on a connection, in milliseconds, without a limit by default: who never reads an answer
   * is cut off. An answer that takes its time has to give a sign of life. On Bun it is not kept.
   */
  readonly silenceMs?: number;
  /** Connections at once; 256. What comes on top is closed at once. */
  readonly connections?: number;
}

/** PEM texts. */
export interface TlsIdentity {
  /** The certificate, and those between it and its authority. */
  readonly certificate: string;
  readonly key: string;
  /** Then only clients are served that show a certificate of this authority. */
  readonly clientCa?: string;
}

export interface ServeOptions extends HttpLimits {
  readonly listen: Exclude<ListenAddress, { kind: 'none' }>;
  /** Without it, plain HTTP: for loopback, or behind a proxy that ends TLS. */
  readonly tls?: TlsIdentity;
  /** Ends the server. */
  readonly signal: AbortSignal;
  /** How long requests under way may take after the signal, in milliseconds; 5 000. */
  readonly graceMs?: number;
}

export interface HttpServer extends AsyncDisposable {
  /** `http://HOST:PORT` or `https://…` with the port that was really taken, or `unix:PATH`. */
  readonly url: string;
  /** Resolves when the last connection is gone. */
  readonly closed: Promise<void>;
}

/** Answers every request that it is given, in its own time, and throws nothing. */
export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * @throws HoldfastError LISTEN_FAILED - the address is taken, not of this machine, or not permitted
 * @throws HoldfastError CONFIG_INVALID - the certificate, its key or the authority cannot be used
 */
export async function serveRaw(listener: RequestListener, options: ServeOptions): Promise<HttpServer> {
  const server = await makeServer(listener, options);
  await listenOn(server, options.listen);
  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  const stop = () => drain(server, options.graceMs ?? 5_000);
  options.signal.addEventListener('abort', stop, { once: true });
  void closed.then(() => options.signal.removeEventListener('abort', stop));
  if (options.signal.aborted) stop();
  const url = listenUrl(withPort(options.listen, server));
  return {
    url: options.tls === undefined ? url : url.replace(/^http:/, 'https:'),
    closed,
    [Symbol.asyncDispose]: async () => {
      stop();
      await closed;
    },
  };
}

async function makeServer(listener: RequestListener, options: ServeOptions): Promise<Server> {
  const { headersMs = 5_000, tls } = options;
  const limits = {
    maxHeaderSize: options.headerBytes ?? 8_192,
    headersTimeout: headersMs,
    requestTimeout: options.requestMs ?? 30_000,
    keepAliveTimeout: options.idleMs ?? 5_000,
    connectionsCheckingInterval: 1_000,
    noDelay: true,
  };
  const server = tls === undefined ? createServer(limits, listener) : await overTls(tls, limits, listener);
  server.maxConnections = options.connections ?? 256;
  server.timeout = options.silenceMs ?? 0;
  return server;
}

async function overTls(
  { certificate, key, clientCa }: TlsIdentity,
  limits: { readonly headersTimeout: number },
  listener: RequestListener,
): Promise<Server> {
  const { createServer: createTlsServer } = await import('node:https');
  const client = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  const identity = { cert: certificate, key, ...client, handshakeTimeout: limits.headersTimeout };
  try {
    requirePair(certificate, key);
    if (clientCa !== undefined) new X509Certificate(clientCa);
    return createTlsServer({ ...limits, ...identity, minVersion: 'TLSv1.2' }, listener) as unknown as Server;
  } catch (cause) {
    throw new HoldfastError(
      'CONFIG_INVALID',
      'the certificate, its key or the authority of its clients cannot be used',
      { cause },
    );
  }
}

/** Node finds out when the server is made, Bun when it listens, and each in words of its own. */
function requirePair(certificate: string, key: string): void {
  if (new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) return;
  throw new Error('the key is that of another certificate');
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
