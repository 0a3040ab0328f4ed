/**
 * In the place of the mapper: answers what a test tells it to, right or wrong, and writes down what it was asked. What it
 * answers is chosen by the path and the user name, so one server is asked about many cases at once.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';

export interface Question {
  readonly path: string;
  /** Of the Authorization header. */
  readonly authorization: string;
  // biome-ignore lint/suspicious/noExplicitAny: the body of a request, asserted on key by key
  readonly body: any;
}

export type Answer =
  | {
      readonly status: number;
      readonly body?: unknown;
      readonly type?: string | undefined;
      readonly location?: string;
    }
  /** Takes the question and says nothing, until the other end goes away. */
  | 'hangs'
  /** Ends the connection with a reset: before the answer, or in the middle of its body. */
  | 'resets'
  | 'breaks off'
  /** Begins the body and never ends it. */
  | 'stalls';

export interface MapperDouble extends AsyncDisposable {
  readonly url: string;
  /** Everything it was asked, in the order in which it came. */
  readonly asked: readonly Question[];
  /** What it was asked about one user. */
  askedAbout(user: string): readonly Question[];
  /** Goes on at the same port after `close`. */
  open(): Promise<void>;
  /** Refuses connections from now on. */
  close(): Promise<void>;
}

export type Answering = (question: Question) => Answer;

export const grant = (question: Question, more: Readonly<Record<string, unknown>> = {}): Answer => ({
  status: 200,
  body: { ...said('control:Tmp-String-0', `lock-ok ${question.body.req}`), ...more },
});

export const known = (question: Question, more: Readonly<Record<string, unknown>> = {}): Answer => ({
  status: 200,
  body: { ...said('control:Tmp-String-0', `known ${question.body.req}`), ...more },
});

export const refusal: Answer = {
  status: 401,
  body: { ...said('control:Tmp-String-0', 'refused'), ...said('reply:Reply-Message', 'Not now') },
};

/** An attribute as the mapper answers it. */
export function said(
  attribute: string,
  ...value: readonly (string | number)[]
): Readonly<Record<string, unknown>> {
  return { [attribute]: { do_xlat: false, value } };
}

/** @param tls - answers over TLS, with this certificate */
export async function openMapperDouble(answer: Answering, tls?: ServerOptions): Promise<MapperDouble> {
  const asked: Question[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    read(request).then(
      (question) => {
        asked.push(question);
        reply(response, answer(question));
      },
      () => response.destroy(), // whoever asked has gone away, or it was no JSON
    );
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.keepAliveTimeout = 60_000;
  let port = 0;
  const open = async () => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    port = typeof address === 'object' && address !== null ? address.port : port;
  };
  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  await open();
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    asked,
    askedAbout: (user) => asked.filter((question) => question.body?.user === user),
    open,
    close,
    [Symbol.asyncDispose]: async () => {
      if (server.listening) await close();
    },
  };
}

async function read(request: IncomingMessage): Promise<Question> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = JSON.parse(Buffer.concat(chunks).toString('latin1'));
  return { path: request.url ?? '', authorization: request.headers.authorization ?? '', body };
}

function reply(response: ServerResponse, answer: Answer): void {
  if (answer === 'hangs') return;
  if (answer === 'resets') {
    response.socket?.resetAndDestroy();
    return;
  }
  if (answer === 'breaks off' || answer === 'stalls') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 400 });
    response.write('{"control:Tmp-String-0":', () => {
      if (answer === 'breaks off') response.socket?.resetAndDestroy();
    });
    return;
  }
  const { status, body, type = 'application/json', location } = answer;
  const text = typeof body === 'object' ? JSON.stringify(body) : body;
  response.writeHead(status, {
    ...(text === undefined ? {} : { 'content-type': type }),
    ...(location === undefined ? {} : { location }),
  });
  response.end(text);
}
