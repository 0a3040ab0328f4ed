/** What is around every request, and what a mutation is refused for before anybody looks at what it wants. */
import { HoldfastError } from '@holdfast/base';
import type { PanelProblem } from '@holdfast/panel-client/schema';
import { describe, expect, it } from 'vitest';
import { sqliteMemory } from '../../../../packages/mutations/src/testing/engines.ts';
import { intent } from '../testing/intent.ts';
import { usePanelWorld } from '../testing/panel-world.ts';

const urn = (name: string) => `urn:panel:problem:${name}`;

describe('the panel over HTTP', () => {
  const { world } = usePanelWorld(sqliteMemory);

  it('lets nobody to a route without a login, but for those that are public', async () => {
    const { operations } = await world().requests.description();
    const isPublic = (one: { readonly security?: readonly object[] }) => one.security?.length === 0;
    for (const operation of operations) {
      const { method, path } = operation;
      const { body } = await world().request<PanelProblem | undefined>(
        method,
        path.replaceAll(/\{\w+\}/g, '1'),
      );
      const isRefused = body?.type === urn('signed-out');
      expect([method, path, isRefused]).toEqual([method, path, !isPublic(operation)]);
    }
    expect(operations.filter(isPublic)).toHaveLength(5);
  });

  it.each(['Bearer', 'Bearer x', 'Basic YTpi', 'Bearer a.b.c', 'bearer  ', 'Bearer \u00e9'])(
    'takes the header %j for nobody',
    async (authorization) => {
      const answer = await world().request('GET', '/v1/me', { headers: { authorization } });
      expect(answer).toMatchObject({ status: 401, body: { type: urn('signed-out') } });
      expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    },
  );

  it('keeps from customers what is for admins alone, whatever is wrong with their request', async () => {
    const as = await world().customer('ana');
    for (const [method, path] of [
      ['GET', '/v1/customers'],
      ['GET', '/v1/audit?limit=x'],
      ['GET', '/v1/gateways'],
      ['GET', '/v1/gateways/gw1'],
      ['GET', '/v1/gateways/gw1/kernel'],
      ['POST', '/v1/customers'],
      ['POST', `/v1/customers/${as.id}/password`],
      ['POST', '/v1/connections'],
    ] as const) {
      const body = method === 'POST' ? intent() : undefined;
      expect([path, (await world().request(method, path, { as, body })).status]).toEqual([path, 403]);
    }
  });

  it('tells a path without a route from a method that the path does not have', async () => {
    const as = world().admin;
    for (const path of ['/v1', '/v1/', '/v1/nothing', '/v1/connections/1/nothing', '/v1/connections/'])
      expect([path, (await world().request('GET', path, { as })).status]).toEqual([path, 404]);
    const wrong = await world().request('PUT', '/v1/connections/1', { as });
    expect(wrong).toMatchObject({ status: 405, body: { type: urn('method-not-allowed') } });
    expect(wrong.headers.get('allow')).toBe('GET, HEAD, PATCH');
    expect((await world().request('HEAD', '/v1/connections', { as })).status).toBe(200);
  });

  it('refuses a body that is too large, or is no JSON', async () => {
    const patch = (body: string, headers = {}) =>
      world().request('PATCH', '/v1/connections/1', { as: world().admin, body, headers });
    expect((await patch(JSON.stringify({ label: 'x'.repeat(70_000) }))).status).toBe(413);
    const form = await patch('label=x', { 'Content-Type': 'application/x-www-form-urlencoded' });
    expect(form.status).toBe(415);
    expect((await patch('{}', { 'Content-Type': 'text/plain' })).status).toBe(415);
    const simple = { body: 'x', headers: { 'Content-Type': 'text/plain' } };
    expect((await world().request('POST', '/v1/auth/logout', simple)).status).toBe(415);
    for (const body of ['{', '{"a":1}}', '\u0000'])
      expect(await patch(body)).toMatchObject({
        status: 400,
        body: { issues: [{ path: '', code: 'not-json' }] },
      });
    const without = { as: world().admin, headers: { 'If-Match': '"vpn_connection-1.v1"' } };
    expect(await world().request('POST', '/v1/connections/1/restrict', without)).toMatchObject({
      status: 400,
      body: { issues: [{ path: '/reason', code: 'invalid-value' }] },
    });
    for (const body of ['[]', 'null', '"x"', '7']) expect((await patch(body)).status).toBe(400);
  });

  it('answers every fault of a mutation as what it is', async () => {
    const { id } = await world().connection();
    const path = `/v1/connections/${id}`;
    const send = async (body: object, headers = {}) => {
      const { status, body: told } = await world().request<PanelProblem>('PATCH', path, {
        as: world().admin,
        body,
        headers,
      });
      return [status, told.type ?? ''];
    };
    const { clientMutationId } = intent();
    const etag = `"vpn_connection-${id}.v1"`;
    expect(await send({ version: 1, label: 'x' })).toEqual([400, urn('mutation-id-missing')]);
    expect(await send({ ...intent(1), clientMutationId: 'x' })).toEqual([400, urn('mutation-id-missing')]);
    expect(await send({ ...intent(), label: 'x' })).toEqual([428, urn('precondition-required')]);
    expect(await send({ ...intent(1), version: '1' })).toEqual([400, urn('invalid')]);
    expect(await send({ ...intent(1), label: '' })).toEqual([400, urn('invalid')]);
    expect(await send({ ...intent(1), down_kbit: 7 })).toEqual([400, urn('invalid')]);
    expect(await send({ ...intent(1), status: 'CLAIMED' })).toEqual([400, urn('invalid')]);
    expect(await send({ ...intent(1), label: 'x' }, { 'If-Match': '*' })).toEqual([400, urn('invalid')]);
    const byHeaders = { 'If-Match': etag, 'Idempotency-Key': `"${clientMutationId}"` };
    expect(await send({ label: 'x' }, byHeaders)).toEqual([200, '']);
    expect(await send({ clientMutationId, version: 1, label: 'x' })).toEqual([200, '']);
    expect(await send({ clientMutationId, version: 1, label: 'y' })).toEqual([
      422,
      urn('mutation-id-reused'),
    ]);
    expect(await send({ ...intent(1), label: 'y' })).toEqual([409, urn('version-conflict')]);
    expect(await send({ ...intent(), label: 'y' }, { 'If-Match': etag })).toEqual([
      412,
      urn('version-conflict'),
    ]);
    expect(await send({ ...intent(2), label: 'x' })).toEqual([200, '']);
  });

  it('does not take an id that is spelled otherwise for one', async () => {
    await world().connection();
    for (const id of [
      '01',
      '1e0',
      '+1',
      '-1',
      '0',
      '%31%00',
      '1%20',
      '99999999999999999999',
      "1'--",
      '%2e%2e',
    ])
      expect([
        id,
        (await world().request('GET', `/v1/connections/${id}`, { as: world().admin })).status,
      ]).toEqual([id, 404]);
  });

  it('takes back nothing of a query that is wrong', async () => {
    const as = world().admin;
    for (const query of [
      'limit=0',
      'limit=501',
      'limit=x',
      'limit=1&limit=2',
      'sort=token',
      'status=x',
      'online=1',
      'cursor=x',
      'customer=x',
    ])
      expect([query, (await world().request('GET', `/v1/connections?${query}`, { as })).status]).toEqual([
        query,
        400,
      ]);
    for (const query of ['from=x', 'from=2026-02-30T00:00:00Z', 'cursor=W10'])
      expect([query, (await world().request('GET', `/v1/audit?${query}`, { as })).status]).toEqual([
        query,
        400,
      ]);
    for (const query of ['from=0000-01-01T00:00:00Z', 'to=9999-12-31T23:59:59Z&limit=1'])
      expect([query, (await world().request('GET', `/v1/audit?${query}`, { as })).status]).toEqual([
        query,
        200,
      ]);
  });
});

describe('a panel whose parts fail', () => {
  let failure: unknown;
  const logged: object[] = [];
  const { world } = usePanelWorld(sqliteMemory, {
    parts: ({ cache, log }) => ({
      cache: Object.assign(Object.create(cache) as typeof cache, { read: () => Promise.reject(failure) }),
      log: {
        ...log,
        warn: (fields: object) => logged.push(fields),
        error: (fields: object) => logged.push(fields),
      },
    }),
  });

  it.each([
    [new HoldfastError('DATABASE_UNREACHABLE', 'mysql is away at 10.0.0.1'), 503, 'unavailable'],
    [new HoldfastError('DATABASE_BUSY', 'busy'), 503, 'unavailable'],
    [new HoldfastError('STORE_UNREACHABLE', 'away'), 503, 'unavailable'],
    [new HoldfastError('INTERNAL', 'row 5 of secrets'), 500, 'internal'],
    [new TypeError('row 5 of secrets'), 500, 'internal'],
  ])('tells of %s what a client may know, and the log the rest', async (error, status, name) => {
    failure = error;
    logged.length = 0;
    const answer = await world().request<PanelProblem>('GET', '/v1/connections', { as: world().admin });
    expect(answer).toMatchObject({ status, body: { type: urn(name), instance: '/v1/connections' } });
    expect(answer.text).not.toMatch(/secrets|10\.0\.0\.1/);
    expect(logged).toMatchObject([{ err: error, traceId: answer.body.traceId, method: 'GET' }]);
    expect(answer.headers.get('retry-after')).toBe(status === 503 ? '2' : null);
  });
});
