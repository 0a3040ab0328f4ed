/**
 * One try of one request. It rejects only when its caller aborts it: that nothing came back, in time or at all, is an answer
 * (`unreachable`). Knows nothing of who is logged in.
 */
import type { CookieJar } from './cookie-jar.ts';
import { type HttpAnswer, unreachable } from './http-answer.ts';

export interface PanelRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With its query. */
  readonly path: string;
  /** Written as JSON. */
  readonly body?: object;
  readonly headers?: { readonly [name: string]: string };
  readonly signal?: AbortSignal | undefined;
}

/** A stream when it was granted; else an answer like any other. */
export interface StreamAnswer extends HttpAnswer {
  readonly stream?: ReadableStream<Uint8Array>;
}

export interface TransportOptions {
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
  /** For programs whose `fetch` keeps no cookies. */
  readonly jar: CookieJar | undefined;
}

/** Longer than the server lets anything take. */
const patienceMs = 30_000;

export class Transport {
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  async ask(request: PanelRequest): Promise<HttpAnswer> {
    const patience = AbortSignal.timeout(patienceMs);
    const signal = request.signal === undefined ? patience : AbortSignal.any([request.signal, patience]);
    return this.#reached(request, async () => readWhole(await this.#fetch(request, signal)));
  }

  /** Without a limit of time: its reader notices silence. */
  async stream(request: PanelRequest): Promise<StreamAnswer> {
    return this.#reached(request, async () => {
      const response = await this.#fetch(request, request.signal);
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
      if (!response.ok || !isStream || response.body === null) return readWhole(response);
      const stream = response.body as ReadableStream<Uint8Array>;
      return { status: response.status, headers: headersOf(response), body: undefined, stream };
    });
  }

  async #reached<T extends HttpAnswer>(
    { signal }: PanelRequest,
    ask: () => Promise<T>,
  ): Promise<T | HttpAnswer> {
    signal?.throwIfAborted();
    try {
      return await ask();
    } catch {
      // Runtimes have no common error for a connection that failed; what is left of them is that there is no answer.
      signal?.throwIfAborted();
      return unreachable;
    }
  }

  async #fetch(request: PanelRequest, signal: AbortSignal | undefined): Promise<Response> {
    const { baseUrl, fetch, jar } = this.#options;
    const { method, path, body } = request;
    const cookie = jar?.headerFor(path);
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      headers: {
        accept: 'application/json, application/problem+json, text/event-stream',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(cookie !== undefined && { cookie }),
        ...request.headers,
      },
      // The API sends nobody elsewhere, and a token must not go along.
      redirect: 'error',
      cache: 'no-store',
      credentials: 'same-origin',
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    });
    jar?.keep(response.headers.getSetCookie());
    return response;
  }
}

async function readWhole(response: Response): Promise<HttpAnswer> {
  const text = await response.text();
  return { status: response.status, headers: headersOf(response), body: documentOf(response, text) };
}

function headersOf(response: Response): HttpAnswer['headers'] {
  return Object.fromEntries(response.headers.entries());
}

function documentOf(response: Response, text: string): unknown {
  if (!/^application\/(?:[\w.-]+\+)?json\b/.test(response.headers.get('content-type') ?? ''))
    return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // cut off on its way, or not what it says
  }
}
