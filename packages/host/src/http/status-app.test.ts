/** What a daemon answers about itself. */
import { describe, expect, it, vi } from 'vitest';
import { type StatusAppOptions, statusApp } from './status-app.ts';

const good: StatusAppOptions = {
  health: () => ({ reasons: [] }),
  readiness: () => ({ reasons: [], facts: { gateway: 'gw1' } }),
  metrics: async () => ({ text: 'x 1\n', contentType: 'text/plain; version=0.0.4' }),
};

describe('the status app', () => {
  it.each([
    ['/healthz', 200, { status: 'ok', reasons: [] }],
    ['/readyz', 200, { status: 'ok', reasons: [], gateway: 'gw1' }],
    ['/nothing', 404, { status: 'not-found' }],
    ['/', 404, { status: 'not-found' }],
  ])('answers %s with %d and a JSON body', async (path, status, body) => {
    const answer = await statusApp(good).request(path);
    expect([answer.status, await answer.json()]).toEqual([status, body]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it.each(['/healthz', '/readyz'])('answers %s with 503 and the reasons when there are any', async (path) => {
    const failing = () => ({ reasons: ['the database is away'] });
    const answer = await statusApp({ ...good, health: failing, readiness: failing }).request(path);
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { status: 'failing', reasons: ['the database is away'] },
    ]);
  });

  it('answers /metrics in the type that Prometheus asks for', async () => {
    const answer = await statusApp(good).request('/metrics');
    expect(await answer.text()).toBe('x 1\n');
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4');
  });

  it('answers further paths with the documents of their owner', async () => {
    const app = statusApp({ ...good, documents: { '/kernel': async () => ({ kind: 'read' }) } });
    const answer = await app.request('/kernel');
    expect([answer.status, await answer.json()]).toEqual([200, { kind: 'read' }]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect((await app.request('/kernel', { method: 'POST' })).status).toBe(405);
  });

  it.each(['/healthz', '/readyz', '/metrics'])('answers HEAD %s as GET without a body', async (path) => {
    const answer = await statusApp(good).request(path, { method: 'HEAD' });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('refuses %s with 405', async (method) => {
    const answer = await statusApp(good).request('/metrics', { method });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('tells its owner what went wrong, and the client nothing', async () => {
    const failure = new Error('hunter2');
    const onError = vi.fn();
    const app = statusApp({ ...good, metrics: () => Promise.reject(failure), onError });
    const answer = await app.request('/metrics');
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('hunter2');
    expect(onError).toHaveBeenCalledWith(failure);
  });
});
