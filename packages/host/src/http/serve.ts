/**
 * Serves a Hono app, or anything else with a `fetch`, until told to stop: with the limits and the end of `serveRaw`.
 */
import type { IncomingMessage } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { type HttpServer, type RequestListener, type ServeOptions, serveRaw } from './serve-raw.ts';

/** What answers requests: a Hono app is one. */
export interface FetchApp {
  /** @param environment - the request as Node has it, for what a `Request` does not tell: the address of the peer */
  fetch(request: Request, environment?: { readonly incoming: IncomingMessage }): Response | Promise<Response>;
}

/** @throws HoldfastError LISTEN_FAILED, CONFIG_INVALID - as `serveRaw` does */
export async function serve(app: FetchApp, options: ServeOptions): Promise<HttpServer> {
  return serveRaw(requestListener(app), options);
}

/** An app as one listener among others: for the paths of a raw server that are not hot. */
export function requestListener(app: FetchApp): RequestListener {
  const listener = getRequestListener(
    (request, { incoming }) => app.fetch(request, { incoming: incoming as IncomingMessage }),
    { overrideGlobalObjects: false },
  );
  return (request, response) => void listener(request, response);
}
