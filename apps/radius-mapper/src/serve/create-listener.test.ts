/** The door of the mapper over real sockets and a real truth: what is let in, and how everything else is answered. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ListenerWorld, listenerWorld, loginBody, paths, secret } from '../testing/listener-world.ts';
import { commonBody, vectorOf } from '../testing/mapper-world.ts';

let world: ListenerWorld;
beforeAll(async () => {
  world = await listenerWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

describe('the door', () => {
  it('lets a login in, and answers for its request', async () => {
    const { status, text, headers } = await world.ask('/v1/login', loginBody(1));
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
      expect(await world.ask(path, loginBody(1), { headers })).toMatchObject({ status: 401, text: '' });
    }
  });

  it('answers every method but POST with 405', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const answer = await world.ask('/v1/login', '', { method, body: null });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    }
  });

  it.each(['/', '/v1', '/v1/', '/v1/login/', '/V1/login', '/v1/sessions', '/v2/login'])(
    'has no path %s',
    async (path) => {
      expect(await world.ask(path, loginBody(1))).toMatchObject({
        status: 404,
        text: '{"code":"REQUEST_INVALID"}',
      });
    },
  );

  it('answers about itself without a bearer, and only reads', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics?x=1']) {
      expect((await fetch(world.url + path)).status).toBe(200);
      expect((await fetch(world.url + path, { method: 'POST' })).status).toBe(405);
    }
  });

  it('takes 16 KiB and not a byte more', async () => {
    const padded = (bytes: number) => {
      const text = JSON.stringify(loginBody(2));
      return text + ' '.repeat(bytes - text.length);
    };
    expect((await world.ask('/v1/login', padded(16_384))).status).toBe(200);
    expect(await world.ask('/v1/login', padded(16_385))).toMatchObject({
      status: 413,
      text: '{"code":"REQUEST_INVALID"}',
    });
    expect((await world.ask('/v1/accounting', 'x'.repeat(65_536))).status).toBe(413);
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
      expect(await world.ask(path, body)).toMatchObject({ status: 400, text: '{"code":"REQUEST_INVALID"}' });
    }
  });

  it('answers with 503 and the code while truth is away, but for whom it knows to be nobody', async () => {
    world.reachTruth(false);
    try {
      for (const path of ['/v1/login', '/v1/post-auth', '/v1/release-pending']) {
        expect(await world.ask(path, loginBody(1))).toMatchObject({
          status: 503,
          text: '{"code":"DATABASE_UNREACHABLE"}',
        });
      }
      expect((await world.ask('/v1/authorize', loginBody(1, { method: 'pap' }))).status).toBe(503);
      expect(world.failures.at(-1)).toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    } finally {
      world.reachTruth(true);
    }
  });

  it('offers credentials of the kind that is wanted, to nobody else', async () => {
    const pap = await world.ask('/v1/authorize', loginBody(1, { method: 'pap' }));
    expect(JSON.parse(pap.text)).toMatchObject({
      'control:Tmp-String-0': { value: [`known ${vectorOf(1)}`] },
      'control:Password-With-Header': { value: [expect.stringMatching(/^\{ssha256\}/)] },
    });
    expect(pap.text).not.toContain('NT-Password');
    expect((await world.ask('/v1/authorize', loginBody(1, { method: 'mschap' }))).status).toBe(401);
    await world.mapper.truth.db
      .updateTable('vpn_connections')
      .set({ nt_hash: 'a'.repeat(32) })
      .where('id', '=', 2)
      .execute();
    const mschap = await world.ask('/v1/authorize', loginBody(1, { method: 'mschap' }));
    expect(JSON.parse(mschap.text)).toMatchObject({
      'control:NT-Password': { value: [`0x${'a'.repeat(32)}`] },
    });
    expect(mschap.text).not.toContain('ssha256');
  });

  it('refuses with one sentence whoever guesses, and another device by its own', async () => {
    const wrong = await world.ask('/v1/login', loginBody(1, { password: 'x' }));
    const nobody = await world.ask('/v1/login', loginBody(1, { user: 'nobody' }));
    expect([wrong.status, wrong.text]).toEqual([nobody.status, nobody.text]);
    const busy = await world.ask('/v1/login', loginBody(1, { caller: 'another', req: vectorOf(77) }));
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
    const before = world.lines.length;
    const { status } = await world.ask('/v1/post-auth', loginBody(1, more));
    expect(status).toBe(401);
    expect(world.lines.slice(before).join()).toContain(`"reason":"${reason}"`);
  });

  it('takes back exactly the lock of the request that is named', async () => {
    const held = () =>
      world.mapper.truth.db
        .selectFrom('active_session_locks')
        .select('request_vector')
        .where('state', '=', 'held')
        .execute();
    await world.ask('/v1/release-pending', loginBody(1, { req: vectorOf(99) }));
    expect(await held()).toContainEqual({ request_vector: vectorOf(1) });
    expect((await world.ask('/v1/release-pending', loginBody(1))).status).toBe(204);
    expect(await held()).not.toContainEqual({ request_vector: vectorOf(1) });
    expect((await world.ask('/v1/release-pending', loginBody(1, { user: 'nobody' }))).status).toBe(204);
  });

  it('keeps a slow sender out of nobody else’s way', async () => {
    const socket = connect(world.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      `POST /v1/login HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secret}\r\nContent-Length: 500\r\n\r\n{"v"`,
    );
    expect((await world.ask('/v1/login', loginBody(4))).status).toBe(200);
    socket.destroy();
  });
});
