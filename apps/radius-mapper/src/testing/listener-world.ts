/** The door of a mapper on a port of loopback, for tests: what it is asked, what it answers, what it logs. */
import { HoldfastError, type Log } from '@holdfast/base';
import { requestListener, serveRaw, statusApp } from '@holdfast/host/http';
import { bearerCheck } from '../request/bearer.ts';
import { routeGround } from '../routes/route-ground.ts';
import { createListener } from '../serve/create-listener.ts';
import { commonBody, type MapperWorld, mapperWorld, userPassword } from './mapper-world.ts';

export const secret = 'a-shared-secret-of-tests';
export const paths = ['/v1/authorize', '/v1/login', '/v1/post-auth', '/v1/release-pending', '/v1/accounting'];

export interface Heard {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

export interface ListenerWorld extends MapperWorld {
  readonly url: string;
  readonly port: number;
  /** Lines of the log. */
  readonly lines: readonly string[];
  readonly failures: readonly HoldfastError[];
  ask(path: string, body: string | Uint8Array | object, init?: RequestInit): Promise<Heard>;
  /** Whether truth can be reached; true at the beginning. */
  reachTruth(isThere: boolean): void;
}

export async function listenerWorld(): Promise<ListenerWorld> {
  const lines: string[] = [];
  const failures: HoldfastError[] = [];
  const write = (fields: object, event: string) => lines.push(JSON.stringify({ event, ...fields }));
  const log: Log = { debug: write, info: write, warn: write, error: write };
  const world = await mapperWorld({ log });
  const { mapper } = world;
  const { truth } = mapper;
  let isThere = true;
  Object.defineProperty(mapper, 'truth', {
    get: () => {
      if (!isThere) throw new HoldfastError('DATABASE_UNREACHABLE', 'the database is away');
      return truth;
    },
  });
  const status = requestListener(
    statusApp({
      health: () => ({ reasons: [] }),
      readiness: () => ({ reasons: [] }),
      metrics: () => mapper.metrics.read(),
    }),
  );
  const listener = createListener({
    ground: routeGround(mapper),
    isBearer: bearerCheck(secret),
    status,
    onFailure: (error) => failures.push(error),
  });
  const listen = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
  const server = await serveRaw(listener, { listen, signal: new AbortController().signal });
  return {
    mapper,
    url: server.url,
    port: Number(new URL(server.url).port),
    lines,
    failures,
    ask: async (path, body, init = {}) => {
      const sent = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
      const headers = { authorization: `Bearer ${secret}` };
      const answer = await fetch(server.url + path, { method: 'POST', body: sent, headers, ...init });
      return { status: answer.status, text: await answer.text(), headers: answer.headers };
    },
    reachTruth: (value) => {
      isThere = value;
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

export const loginBody = (n: number, more: Readonly<Record<string, unknown>> = {}) =>
  commonBody(n, { user: `user${n % 3}`, password: userPassword, ...more });
