/** Requests to a panel without a port. Every answer is checked against the description that the panel serves of itself. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { PanelEnv } from '../app/panel-env.ts';
import { ApiDescription, type ApiDocument } from './api-description.ts';
import type { PanelUser } from './panel-user.ts';

export interface PanelRequest {
  /** Nobody without it. */
  readonly as?: PanelUser | undefined;
  /** Sent as JSON; a text is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface PanelAnswer<Body> {
  readonly status: number;
  readonly headers: Headers;
  /** Of JSON; undefined where there is none. */
  readonly body: Body;
  /** Of all but a stream. */
  readonly text: string;
}

/** The same for every panel, and it takes a tenth of a second to make. */
let described: Promise<ApiDescription> | undefined;

export class PanelRequests {
  readonly #app: OpenAPIHono<PanelEnv>;

  constructor(app: OpenAPIHono<PanelEnv>) {
    this.#app = app;
  }

  description(): Promise<ApiDescription> {
    described ??= this.#describe();
    return described;
  }

  /** @throws Error - the answer is none that the description tells of */
  async send<Body>(
    method: string,
    path: string,
    { as, body, headers }: PanelRequest = {},
  ): Promise<PanelAnswer<Body>> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const response = await this.#app.request(`http://panel.test${path}`, {
      method,
      headers: {
        ...(text !== undefined && { 'Content-Type': 'application/json' }),
        ...(as !== undefined && { Authorization: `Bearer ${as.accessToken}` }),
        ...headers,
      },
      ...(text !== undefined && { body: text }),
    });
    const answer = await readAnswer<Body>(response);
    await this.#check(method, new URL(`http://panel.test${path}`).pathname, answer);
    return answer;
  }

  async #describe(): Promise<ApiDescription> {
    const answer = await this.#app.request('http://panel.test/v1/openapi.json');
    return new ApiDescription((await answer.json()) as ApiDocument);
  }

  async #check(
    method: string,
    path: string,
    { status, headers, body, text }: PanelAnswer<unknown>,
  ): Promise<void> {
    if (!path.startsWith('/v1/') || method === 'HEAD') return;
    const contentType = headers.get('content-type') ?? '';
    const faults = [
      ...(await this.description()).faultsOf({ method, path, status, contentType, body }),
      ...(headers.get('cache-control') === 'no-store' ? [] : ['it may be stored']),
      ...(/^[0-9a-f]{32}$/.test(headers.get('x-trace-id') ?? '') ? [] : ['it has no trace']),
    ];
    if (faults.length > 0)
      throw new Error(
        `${method} ${path} was answered with what is not described:\n${faults.join('\n')}\n${text}`,
      );
  }
}

async function readAnswer<Body>(response: Response): Promise<PanelAnswer<Body>> {
  const { status, headers } = response;
  const type = headers.get('content-type') ?? '';
  if (type.startsWith('text/event-stream')) {
    await response.body?.cancel();
    return { status, headers, body: undefined as Body, text: '' };
  }
  const text = await response.text();
  const isJson = /^application\/(?:[\w.-]+\+)?json/.test(type) && text !== '';
  return { status, headers, text, body: (isJson ? JSON.parse(text) : undefined) as Body };
}
