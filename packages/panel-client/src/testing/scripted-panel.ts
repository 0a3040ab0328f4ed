/** A server that answers as the test says, and notes what it was asked. Real HTTP: what is tested is what goes over the wire. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: unknown;
}

/** `cut`: the connection is closed without an answer. A function writes for itself. */
export type Answer = Reply | 'cut' | ((response: ServerResponse) => void);

export interface ScriptedPanel extends AsyncDisposable {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** How often this path was asked for. */
  count(path: string): number;
}

export async function scriptedPanel(
  answer: (asked: Asked) => Answer | Promise<Answer>,
): Promise<ScriptedPanel> {
  const asked: Asked[] = [];
  const reply = async (request: IncomingMessage, response: ServerResponse) => {
    const question = await read(request);
    asked.push(question);
    const given = await answer(question);
    if (given === 'cut') request.socket.destroy();
    else if (typeof given === 'function') given(response);
    else write(response, given);
  };
  const server = createServer((request, response) => void reply(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    count: (path) => asked.filter((one) => one.path === path).length,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

export function problem(name: string, status: number, more: object = {}): Reply {
  const type = `urn:panel:problem:${name}`;
  return {
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: {
      type,
      title: name,
      status,
      code: name.replaceAll('-', '_'),
      instance: '/',
      traceId: 't',
      ...more,
    },
  };
}

/** A token whose text tells its number. */
export function granted(number: number, id = 'c5', cookie = `r${number}`): Reply {
  return {
    headers: { 'set-cookie': [`holdfast-refresh=${cookie}; Path=/v1/auth; HttpOnly; Max-Age=3600`] },
    body: {
      accessToken: `token-${number}`,
      expiresAt: '2001-01-01T00:00:00.000Z',
      me: { id, role: 'customer', email: 'ana@example.org', name: 'Ana', customerId: 5 },
    },
  };
}

async function read(request: IncomingMessage): Promise<Asked> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    body: text === '' ? undefined : JSON.parse(text),
  };
}

function write(response: ServerResponse, { status = 200, headers = {}, body }: Reply): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (body !== undefined && !response.hasHeader('content-type')) {
    response.setHeader('content-type', 'application/json');
  }
  // A request on a connection that was used before is sent again by some runtimes when it is cut.
  response.setHeader('connection', 'close');
  response.writeHead(status).end(body === undefined ? undefined : JSON.stringify(body));
}
