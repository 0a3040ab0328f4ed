/** What admins ask about gateways. What is so now is worth more than what is quick: nothing of it is cached. */
import { gatewayDetailSchema, gatewaysSchema, kernelSchema } from '@holdfast/panel-client/schema';
import { isGatewayName } from '@holdfast/truth-db';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { PanelEnv } from '../app/panel-env.ts';
import type { PanelParts } from '../app/panel-parts.ts';
import { panelRouter } from '../app/panel-router.ts';
import { refuse } from '../app/problem-answer.ts';
import { requireAdmin } from '../app/require-admin.ts';
import { answers } from '../app/route-answers.ts';

const shared = { method: 'get' as const, tags: ['Gateways'], middleware: requireAdmin };
const ofOne = { params: z.object({ name: z.string().refine(isGatewayName) }) };
const refusals = ['signed-out', 'forbidden'] as const;

const listGateways = createRoute({
  ...shared,
  path: '/v1/gateways',
  operationId: 'listGateways',
  summary: 'The gateways, and how far their runs have got',
  responses: answers({ 200: { description: 'All of them', schema: gatewaysSchema } }, refusals),
});

const getGateway = createRoute({
  ...shared,
  path: '/v1/gateways/{name}',
  operationId: 'getGateway',
  summary: 'A gateway with its last runs and its lock',
  request: ofOne,
  responses: answers({ 200: { description: 'The gateway', schema: gatewayDetailSchema } }, [
    ...refusals,
    'not-found',
  ]),
});

const getKernel = createRoute({
  ...shared,
  path: '/v1/gateways/{name}/kernel',
  operationId: 'getKernel',
  summary: 'What is live on a gateway now, and what differs from truth',
  request: ofOne,
  responses: answers({ 200: { description: 'What was read, or why nothing was', schema: kernelSchema } }, [
    ...refusals,
    'not-found',
  ]),
});

export function gatewayRoutes({ gateways }: Pick<PanelParts, 'gateways'>): OpenAPIHono<PanelEnv> {
  const router = panelRouter();
  router.openapi(listGateways, async (context) => context.json({ items: await gateways.list() }, 200));
  router.openapi(getGateway, async (context) => {
    const gateway = await gateways.detail(context.req.valid('param').name);
    return gateway === undefined ? refuse(context, 'not-found') : context.json(gateway, 200);
  });
  router.openapi(getKernel, async (context) => {
    const kernel = await gateways.kernel(context.req.valid('param').name);
    return kernel === undefined ? refuse(context, 'not-found') : context.json(kernel, 200);
  });
  return router;
}
