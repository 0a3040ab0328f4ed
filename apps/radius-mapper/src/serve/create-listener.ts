/**
 * The door of the mapper: who may come in, with what, and how the answer goes out. Every request gets an answer with a code or
 * from the table of `reply/`, whatever it was and whatever has gone wrong.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HoldfastError } from '@holdfast/base';
import { asHoldfastError } from '@holdfast/host/cli';
import { type RequestListener, readBody } from '@holdfast/host/http';
import { type Answer, failed } from '../reply/answer.ts';
import type { BearerCheck } from '../request/bearer.ts';
import type { Route, RouteGround } from '../routes/route.ts';
import { routes } from '../routes/route-table.ts';

export interface ListenerOptions {
  readonly ground: RouteGround;
  readonly isBearer: BearerCheck;
  /** Answers `/healthz`, `/readyz` and `/metrics`. */
  readonly status: RequestListener;
  /** Told of every failure that is not the request's own. */
  readonly onFailure: (error: HoldfastError) => void;
}

/** Several times what FreeRADIUS sends with every attribute at its longest. */
const mostBytes = 16_384;
const statusPaths: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);
/** How often a request without the secret is worth a line. */
const strangerMs = 1_000;

export function createListener(options: ListenerOptions): RequestListener {
  const { ground, isBearer, status } = options;
  const { clock, log, metrics } = ground.mapper;
  let toldMs = Number.NEGATIVE_INFINITY;
  const tellStranger = () => {
    if (clock.monotonicMs() - toldMs < strangerMs) return;
    toldMs = clock.monotonicMs();
    log.warn({}, 'request without the secret');
  };
  return (request, response) => {
    const sinceMs = clock.monotonicMs();
    const path = pathOf(request);
    if (statusPaths.has(path)) return status(request, response);
    const route = routes.get(path);
    const refusal = refusalOf(request, route !== undefined, isBearer);
    if (refusal?.status === 401) tellStranger();
    const name = route?.name ?? 'unknown';
    const end = (answer: Answer, isOver = true) => {
      metrics.add('holdfast_radius_requests_total', 1, { route: name, status: String(answer.status) });
      if (route !== undefined) {
        const seconds = (clock.monotonicMs() - sinceMs) / 1_000;
        metrics.observe('holdfast_radius_request_seconds', seconds, { route: name });
      }
      respond(response, answer, isOver);
    };
    readBody(request, refusal === undefined ? mostBytes : 0, (body) => {
      if (refusal !== undefined) end(refusal, body.kind === 'whole' || body.isOver);
      else if (body.kind === 'too-large') end(failed(invalid('its body is too large'), 413), body.isOver);
      else if (route !== undefined)
        void answerWith(route.answer, options, { body: body.bytes, sinceMs }).then(end);
    });
    return undefined;
  };
}

async function answerWith(
  route: Route,
  { ground, onFailure }: ListenerOptions,
  { body, sinceMs }: { readonly body: Buffer; readonly sinceMs: number },
): Promise<Answer> {
  try {
    return await route(ground, body, sinceMs);
  } catch (thrown) {
    const error = asHoldfastError(thrown);
    if (error.code === 'REQUEST_INVALID') {
      ground.mapper.log.warn({ problem: error.message }, 'request refused');
      return failed(error, 400);
    }
    onFailure(error);
    return failed(error, 503);
  }
}

function pathOf({ url = '' }: IncomingMessage): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

/** What is answered without a look at the body; undefined when it is to be looked at. */
function refusalOf(request: IncomingMessage, isKnown: boolean, isBearer: BearerCheck): Answer | undefined {
  if (!isKnown) return failed(invalid('there is no such path'), 404);
  if (request.method !== 'POST') return failed(invalid('its method is not POST'), 405);
  return isBearer(request.headers.authorization) ? undefined : { status: 401, body: '' };
}

function invalid(problem: string): HoldfastError {
  return new HoldfastError('REQUEST_INVALID', `a request is not understood: ${problem}`);
}

/** @param isOver - false while its sender still sends: the connection ends with the answer */
function respond(response: ServerResponse, { status, body }: Answer, isOver: boolean): void {
  const headers: Record<string, string | number> = {};
  if (body !== '') {
    headers['Content-Type'] = 'application/json';
    headers['Content-Length'] = Buffer.byteLength(body);
  } else if (status !== 204) headers['Content-Length'] = 0;
  if (status === 405) headers.Allow = 'POST';
  if (!isOver) {
    headers.Connection = 'close';
    response.once('finish', () => response.req.destroy());
  }
  response.writeHead(status, headers);
  response.end(body);
}
