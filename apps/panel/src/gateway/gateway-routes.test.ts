/** Who may ask about gateways, and what they are answered. */
import { describe, expect, it } from 'vitest';
import type { Identity } from '../app/panel-env.ts';
import { panelRouter } from '../app/panel-router.ts';
import { gatewayRoutes } from './gateway-routes.ts';
import type { GatewayView } from './gateway-view.ts';

const kernel = { kind: 'unread', at: '2026-01-02T03:04:05.678Z', because: 'RECONCILE_UNREACHABLE' } as const;

function asking(viewer: Identity['viewer']) {
  const gateways = {
    list: async () => [],
    detail: async () => undefined,
    kernel: async (name: string) => (name === 'gw1' ? kernel : undefined),
  } as Partial<GatewayView> as GatewayView;
  const app = panelRouter();
  app.use(async (context, next) => {
    const principal = viewer.role === 'admin' ? 'a1' : 'c5';
    context.set('identity', { principal, name: 'Ana', viewer, familyId: 'f', generation: 1 });
    await next();
  });
  app.route('/', gatewayRoutes({ gateways }));
  return async (path: string) => {
    const answer = await app.request(path);
    return [answer.status, await answer.json()] as const;
  };
}

describe('the routes of gateways', () => {
  const asAdmin = asking({ role: 'admin' });
  const asCustomer = asking({ role: 'customer', customerId: 5 });

  it('answer an admin', async () => {
    expect(await asAdmin('/v1/gateways')).toEqual([200, { items: [] }]);
    expect(await asAdmin('/v1/gateways/gw1/kernel')).toEqual([200, kernel]);
  });

  it.each(['/v1/gateways', '/v1/gateways/gw1', '/v1/gateways/gw1/kernel', '/v1/gateways/no.name'])(
    'refuse %s to a customer',
    async (path) => {
      expect(await asCustomer(path)).toMatchObject([403, { type: 'urn:panel:problem:forbidden' }]);
    },
  );

  it.each([
    '/v1/gateways/gw1',
    '/v1/gateways/gw9/kernel',
    '/v1/gateways/..%2f..%2fetc',
    '/v1/gateways/no.name',
  ])('answer 404 to %s, which truth does not have', async (path) => {
    expect(await asAdmin(path)).toMatchObject([404, { type: 'urn:panel:problem:not-found' }]);
  });
});
