/** The door of the mapper over real sockets and a real truth: what is let in, and how everything else is answered. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { HoldfastError, type Log } from '@holdfast/base';
import { type HttpServer, requestListener, serveRaw, statusApp } from '@holdfast/host/http';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { counts } from '../../../../tests/support/counts.ts';
import { bearerCheck } from '../request/bearer.ts';
import { routeGround } from '../routes/route-ground.ts';
import {
  commonBody,
  type MapperWorld,
  mapperWorld,
  userPassword,
  vectorOf,
} from '../testing/mapper-world.ts';
import { createListener } from './create-listener.ts';

const secret = 'a-shared-secret-of-tests';
const paths = ['/v1/authorize', '/v1/login', '/v1/post-auth', '/v1/release-pending', '/v1/accounting'];

let world: MapperWorld;
let server: HttpServer;
let isTruthAway = false;
const lines: string[] = [];
const failures: HoldfastError[] = [];
const write = (fields: object, event: string) => lines.push(JSON.stringify({ event, ...fields }));
const log: Log = { debug: write, info: write, warn: write, error: write };

beforeAll(async () => {
  world = await mapperWorld({ log });
  const { mapper } = world;
  const { truth } = mapper;
  Object.defineProperty(mapper, 'truth', {
    get: () => {
      if (isTruthAway) throw new HoldfastError('DATABASE_UNREACHABLE', 'the database is away');
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
  const onFailure = (error: HoldfastError) => failures.push(error);
  const listener = createListener({
    ground: routeGround(mapper),
    isBearer: bearerCheck(secret),
    status,
    onFailure,
  });
  const listen = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
  server = await serveRaw(listener, { listen, signal: new AbortController().signal });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

interface Heard {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

async function ask(path: string, body: string | Uint8Array | object, init: RequestInit = {}): Promise<Heard> {
  const sent = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const answer = await fetch(server.url + path, {
    method: 'POST',
    body: sent,
    headers: { authorization: `Bearer ${secret}` },
    ...init,
  });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

const login = (n: number, more: Readonly<Record<string, unknown>> = {}) =>
  commonBody(n, { user: `user${n % 3}`, password: userPassword, ...more });

describe('the door', () => {
  it('lets a login in, and answers for its request', async () => {
    const { status, text, headers } = await ask('/v1/login', login(1));
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json');
    expect(JSON.parse(text)).toMatchObject({
      'control:Tmp-String-0': { do_xlat: false, value: [`lock-ok ${vectorOf(1)}`] },
      'reply:Acct-Interim-Interval': { do_xlat: false, value: [300] },
    });
  });

  it.each([
    ['no bearer', {}],
    ['another one', { authorization: 'Bearer a-shared-secret-of-testz' }],
    ['another scheme', { authorization: `Basic ${secret}` }],
  ])('answers a request with %s with nothing', async (_what, headers) => {
    for (const path of paths) {
      expect(await ask(path, login(1), { headers })).toMatchObject({ status: 401, text: '' });
    }
  });

  it('answers every method but POST with 405', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const answer = await ask('/v1/login', '', { method, body: null });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    }
  });

  it.each(['/', '/v1', '/v1/', '/v1/login/', '/V1/login', '/v1/sessions', '/v2/login'])(
    'has no path %s',
    async (path) => {
      expect(await ask(path, login(1))).toMatchObject({ status: 404, text: '{"code":"REQUEST_INVALID"}' });
    },
  );

  it('answers about itself without a bearer, and only reads', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics?x=1']) {
      expect((await fetch(server.url + path)).status).toBe(200);
      expect((await fetch(server.url + path, { method: 'POST' })).status).toBe(405);
    }
  });

  it('takes 16 KiB and not a byte more', async () => {
    const padded = (bytes: number) => {
      const text = JSON.stringify(login(2));
      return text + ' '.repeat(bytes - text.length);
    };
    expect((await ask('/v1/login', padded(16_384))).status).toBe(200);
    expect(await ask('/v1/login', padded(16_385))).toMatchObject({
      status: 413,
      text: '{"code":"REQUEST_INVALID"}',
    });
    expect((await ask('/v1/accounting', 'x'.repeat(65_536))).status).toBe(413);
  });

  it.each(paths)('answers what it cannot read at %s with 400', async (path) => {
    for (const body of [
      '',
      'x',
      '{}',
      '[]',
      '{"v":2}',
      '{"v":1}',
      JSON.stringify(commonBody(1, { user: 7 })),
    ]) {
      expect(await ask(path, body)).toMatchObject({ status: 400, text: '{"code":"REQUEST_INVALID"}' });
    }
  });

  it('answers with 503 and the code while truth is away, but for whom it knows to be nobody', async () => {
    isTruthAway = true;
    try {
      for (const path of ['/v1/login', '/v1/post-auth', '/v1/release-pending']) {
        expect(await ask(path, login(1))).toMatchObject({
          status: 503,
          text: '{"code":"DATABASE_UNREACHABLE"}',
        });
      }
      expect((await ask('/v1/authorize', login(1, { method: 'pap' }))).status).toBe(503);
      expect(failures.at(-1)).toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    } finally {
      isTruthAway = false;
    }
  });

  it('offers credentials of the kind that is wanted, to nobody else', async () => {
    const pap = await ask('/v1/authorize', login(1, { method: 'pap' }));
    expect(JSON.parse(pap.text)).toMatchObject({
      'control:Tmp-String-0': { value: [`known ${vectorOf(1)}`] },
      'control:Password-With-Header': { value: [expect.stringMatching(/^\{ssha256\}/)] },
    });
    expect(pap.text).not.toContain('NT-Password');
    expect((await ask('/v1/authorize', login(1, { method: 'mschap' }))).status).toBe(401);
    await world.mapper.truth.db
      .updateTable('vpn_connections')
      .set({ nt_hash: 'a'.repeat(32) })
      .where('id', '=', 2)
      .execute();
    const mschap = await ask('/v1/authorize', login(1, { method: 'mschap' }));
    expect(JSON.parse(mschap.text)).toMatchObject({
      'control:NT-Password': { value: [`0x${'a'.repeat(32)}`] },
    });
    expect(mschap.text).not.toContain('ssha256');
  });

  it('refuses with one sentence whoever guesses, and another device by its own', async () => {
    const wrong = await ask('/v1/login', login(1, { password: 'x' }));
    const nobody = await ask('/v1/login', login(1, { user: 'nobody' }));
    expect([wrong.status, wrong.text]).toEqual([nobody.status, nobody.text]);
    const busy = await ask('/v1/login', login(1, { caller: 'another', req: vectorOf(77) }));
    expect(busy.status).toBe(401);
    expect(busy.text).toMatch(/in use by another device since \d{4}-\d\d-\d\d \d\d:\d\d UTC\./);
    expect(busy.text).not.toContain('10.0.0.1');
    expect(busy.text).not.toContain('device-1');
  });

  it.each([
    ['unknown-nas', { src: '192.0.2.77' }],
    ['incomplete-request', { caller: '' }],
    ['incomplete-request', { caller: ' ' }],
    ['incomplete-request', { user: '' }],
  ])('refuses as %s with %j', async (reason, more) => {
    const before = lines.length;
    const { status } = await ask('/v1/post-auth', login(1, more));
    expect(status).toBe(401);
    expect(lines.slice(before).join()).toContain(`"reason":"${reason}"`);
  });

  it('takes back exactly the lock of the request that is named', async () => {
    const held = () =>
      world.mapper.truth.db
        .selectFrom('active_session_locks')
        .select('request_vector')
        .where('state', '=', 'held')
        .execute();
    await ask('/v1/release-pending', login(1, { req: vectorOf(99) }));
    expect(await held()).toContainEqual({ request_vector: vectorOf(1) });
    expect((await ask('/v1/release-pending', login(1))).status).toBe(204);
    expect(await held()).not.toContainEqual({ request_vector: vectorOf(1) });
    expect((await ask('/v1/release-pending', login(1, { user: 'nobody' }))).status).toBe(204);
  });

  it('keeps a slow sender out of nobody else’s way', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      `POST /v1/login HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secret}\r\nContent-Length: 500\r\n\r\n{"v"`,
    );
    expect((await ask('/v1/login', login(4))).status).toBe(200);
    socket.destroy();
  });
});

/** Values that are in no answer and no line. */
const password = 'hunter2-hunter2';
const json = fc.jsonValue({ maxDepth: 3 });
const odd = fc.oneof(
  json,
  fc.constantFrom(
    '',
    ' ',
    '\0',
    'é',
    '\u00c3\u00a9',
    '\u00ff\u00fe',
    '\ud800',
    '日本',
    '"',
    '\\',
    "'",
    '%{User-Password}',
    '\u2028',
    '__proto__',
  ),
  fc.string({ unit: 'binary', maxLength: 1_100 }),
  fc.double(),
  fc.constantFrom(-1, 2 ** 53, 1e300, Number.MAX_SAFE_INTEGER),
);
const fields = Object.keys(commonBody(0));
const accountingFields = [
  'status',
  'class',
  'at',
  'delay',
  'seconds',
  'in',
  'out',
  'cause',
  'ip',
  'ip6',
  'prefix6',
  'method',
];
const mutation = fc.dictionary(fc.constantFrom(...fields, ...accountingFields, '__proto__', 'x'), odd, {
  maxKeys: 4,
});
const body = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  json.map((value) => Buffer.from(JSON.stringify(value))),
  mutation.map((more) => Buffer.from(JSON.stringify({ ...login(1), ...more, password }))),
  fc
    .tuple(mutation, fc.nat(400), fc.uint8Array({ minLength: 1, maxLength: 4 }))
    .map(([more, place, bytes]) =>
      splice(Buffer.from(JSON.stringify({ ...login(1), ...more, password })), place, bytes),
    ),
);

function splice(text: Buffer, place: number, bytes: Uint8Array): Buffer {
  const at = Math.min(place, text.length);
  return Buffer.concat([
    text.subarray(0, at),
    bytes,
    text.subarray(Math.min(at + bytes.length, text.length)),
  ]);
}

describe('whatever is sent', () => {
  it('is answered with a code or from the table, and tells no secret', { timeout: 600_000 }, async () => {
    const before = failures.length;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), body, async (path, bytes) => {
        const { status, text } = await ask(path, bytes);
        expect([200, 204, 400, 401, 503]).toContain(status);
        if (status === 400) expect(JSON.parse(text)).toEqual({ code: 'REQUEST_INVALID' });
        // One that was taken back before.
        if (status === 503) expect(JSON.parse(text)).toEqual({ code: 'LOGIN_OVERLOAD' });
        if (status === 200 || status === 401) expect(JSON.parse(text)).toHaveProperty('control:Tmp-String-0');
        expect(text).not.toContain(secret);
        expect(text).not.toContain(password);
      }),
      { numRuns: counts.radiusRequests },
    );
    expect(failures.slice(before).filter(({ code }) => code !== 'LOGIN_OVERLOAD')).toEqual([]);
    const said = lines.join('\n');
    expect(said).not.toContain(secret);
    expect(said).not.toContain(password);
  });
});
