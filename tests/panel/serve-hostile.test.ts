/** What a panel does with clients who mean no good, or do not know better. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type KnownPanel, knownPanel, rawAnswer, rawConnection } from './serve-ground.ts';

const login = 'POST /v1/auth/login HTTP/1.1\r\nHost: panel\r\nContent-Type: application/json\r\n';

describe('a panel', () => {
  let panel: KnownPanel;
  let url: string;
  beforeAll(async () => {
    panel = await knownPanel({ args: ['--max-connections', '24'] });
    ({ url } = panel.process);
  });
  afterAll(() => panel?.[Symbol.asyncDispose]());

  it.each([
    ['with its length', `${login}Content-Length: 70000\r\n\r\n${'x'.repeat(70_000)}`],
    ['with a length that nobody would send', `${login}Content-Length: 99999999999\r\n\r\n{`],
    ['in chunks', `${login}Transfer-Encoding: chunked\r\n\r\n11170\r\n${'x'.repeat(70_000)}\r\n0\r\n\r\n`],
  ])('refuses a body that is too large, %s', async (_what, bytes) => {
    expect(await rawAnswer(url, bytes)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it.each([
    [
      'headers that are too large',
      `GET / HTTP/1.1\r\nHost: panel\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      '431',
    ],
    ['a line break in a header', 'GET / HTTP/1.1\r\nHost: panel\r\nX: a\rSet-Cookie: b\r\n\r\n', '400'],
    ['a header without a name', 'GET / HTTP/1.1\r\nHost: panel\r\n: a\r\n\r\n', '400'],
    ['two lengths', `${login}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, '400'],
    [
      'a length and chunks',
      `${login}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      '400',
    ],
    ['a host that is none', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n', '400'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', '400'],
    ['no HTTP', 'hello\r\n\r\n', '400'],
    ['a body that is a form', `${login.replace('json', 'x')}Content-Length: 2\r\n\r\n{}`, '415'],
    ['another method', 'TRACE /v1/me HTTP/1.1\r\nHost: panel\r\n\r\n', '405'],
  ])('refuses %s', async (_what, bytes, status) => {
    expect((await rawAnswer(url, bytes)).slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
  });

  it.each([
    '/../../../../etc/passwd.txt',
    '/%2e%2e/%2e%2e/%2e%2e/etc/passwd.txt',
    '/assets/..%2f..%2f..%2fpackage.json',
    '/..\\..\\package.json',
    '/%00/../package.json',
    '//etc/passwd.txt',
  ])('has no file outside of its site: %s', async (path) => {
    const answer = await rawAnswer(url, `GET ${path} HTTP/1.1\r\nHost: panel\r\n\r\n`);
    expect(answer.slice(0, 12)).toMatch(/^HTTP\/1\.1 40[04]$/);
    expect(answer).not.toMatch(/root:|"name"/);
  });

  it('tells the same of itself with every answer, and no more', async () => {
    for (const path of ['/', '/v1/me', '/v1/none', '/none.js']) {
      const { headers } = await ask(panel.process, ['GET', path]);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('x-trace-id')).toMatch(/^[0-9a-f]{32}$/);
      expect([headers.get('server'), headers.get('x-powered-by')]).toEqual([null, null]);
      if (path.startsWith('/v1')) expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  it('takes a request without a body and without its length, as browsers end a login on a device', async () => {
    const { process, customer } = panel;
    const device = async () => (await ask(process, ['GET', '/v1/auth/devices'], { as: customer })).body;
    const [{ id }] = (await device()).items;
    const none = await ask(process, ['DELETE', `/v1/auth/devices/${'0'.repeat(32)}`], { as: customer });
    expect([none.status, none.body.code]).toEqual([404, 'not_found']);
    const ended = await ask(process, ['DELETE', `/v1/auth/devices/${id}`], { as: customer });
    expect(ended.status).toBe(204);
    expect((await device()).code).toBe('signed_out');
  });

  it.each([
    [201, 'that is JSON', (id: string) => JSON.stringify({ clientMutationId: id, label: 'ñandú' })],
    [400, 'that is half of it', (id: string) => `{"clientMutationId":"${id}",`],
    [400, 'that is empty', () => ''],
  ])('answers %i to a body in chunks %s', async (status, _what, make) => {
    const head = 'POST /v1/connections HTTP/1.1\r\nHost: panel\r\nContent-Type: application/json\r\n';
    const who = `Authorization: Bearer ${panel.admin.accessToken}\r\n`;
    const bytes = Buffer.from(make(randomUUID())).toString('latin1');
    const chunks = Array.from(bytes, (byte) => `1\r\n${byte}\r\n`).join('');
    const answer = await rawAnswer(url, `${head}${who}Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`);
    expect(answer.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
  });

  it('describes itself once, and says nothing to whoever knows it', async () => {
    const path = `${url}/v1/openapi.json`;
    const etag = (await fetch(path)).headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{43}"$/);
    const known = await fetch(path, { headers: { 'If-None-Match': `W/${etag}, "x"` } });
    expect([known.status, known.headers.get('etag'), await known.text()]).toEqual([304, etag, '']);
    expect((await fetch(path, { headers: { 'If-None-Match': '"x"' } })).status).toBe(200);
  });

  it('writes a line for a refusal, with its trace and without what was sent', async () => {
    const { headers } = await ask(panel.process, ['GET', '/v1/connections?search=find-me-not']);
    const line = await panel.process.logged(({ traceId }) => traceId === headers.get('x-trace-id'));
    expect(line).toMatchObject({ msg: 'request', route: 'GET /v1/connections', status: 401 });
    expect(panel.process.logs()).not.toContain('find-me-not');
  });

  it('answers those who are there when more come than it takes', async () => {
    const asked = request(`${url}/v1/me`, { agent: false }).end();
    const [first] = await once(asked, 'response');
    first.resume();
    const crowd = await Promise.all(Array.from({ length: 60 }, () => rawConnection(url)));
    const turnedAway = crowd.slice(30).map(({ ended }) => ended);
    expect(await Promise.all(turnedAway)).toEqual(Array(30).fill(''));
    for (const connection of crowd) connection[Symbol.dispose]();
    expect((await ask(panel.process, ['GET', '/v1/me'])).status).toBe(401);
  });
});
