/** The own account: who one is, on which devices one is logged in, and a new password. */
import { changePasswordSchema, devicesSchema, meSchema } from '@holdfast/panel-client/schema';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { PanelEnv } from '../app/panel-env.ts';
import type { PanelParts } from '../app/panel-parts.ts';
import { panelRouter } from '../app/panel-router.ts';
import { refuse } from '../app/problem-answer.ts';
import { answers, ofBodies } from '../app/route-answers.ts';

const tags = ['Account'];
const devicePath = z.object({ id: z.string().regex(/^[0-9a-f]{32}$/) });

const me = createRoute({
  method: 'get',
  path: '/v1/me',
  operationId: 'me',
  summary: 'Who is logged in',
  tags,
  responses: answers({ 200: { description: 'The own account', schema: meSchema } }, ['signed-out']),
});

const devices = createRoute({
  method: 'get',
  path: '/v1/auth/devices',
  operationId: 'listDevices',
  summary: 'On which devices one is logged in, the last used first',
  tags,
  responses: answers({ 200: { description: 'The own logins', schema: devicesSchema } }, ['signed-out']),
});

const endDevice = createRoute({
  method: 'delete',
  path: '/v1/auth/devices/{id}',
  operationId: 'endDevice',
  summary: 'End the login on a device',
  tags,
  request: { params: devicePath },
  responses: answers({ 204: { description: 'Ended' } }, ['signed-out', 'not-found']),
});

const changePassword = createRoute({
  method: 'post',
  path: '/v1/auth/password',
  operationId: 'changePassword',
  summary: 'Give oneself a new password, which ends all other logins',
  description: 'A wrong `current` is an issue of the code `wrong-password`.',
  tags,
  request: { body: { content: { 'application/json': { schema: changePasswordSchema } }, required: true } },
  responses: answers({ 204: { description: 'Changed' } }, [...ofBodies, 'signed-out', 'quota-exceeded']),
});

export function accountRoutes({
  logins,
  clientAddress,
}: Pick<PanelParts, 'logins' | 'clientAddress'>): OpenAPIHono<PanelEnv> {
  const router = panelRouter();
  router.openapi(me, async (context) => {
    const found = await logins.me(context.get('identity'));
    return found === undefined ? refuse(context, 'signed-out') : context.json(found, 200);
  });
  router.openapi(devices, async (context) => {
    const items = await logins.devices(context.get('identity'));
    return context.json({ items: [...items] }, 200);
  });
  router.openapi(endDevice, async (context) => {
    const isEnded = await logins.endDevice(context.get('identity'), context.req.valid('param').id);
    return isEnded ? context.body(null, 204) : refuse(context, 'not-found');
  });
  router.openapi(changePassword, async (context) => {
    const { current, next } = context.req.valid('json');
    const asked = { current, next, address: clientAddress(context) };
    const changed = await logins.changePassword(context.get('identity'), asked);
    switch (changed.kind) {
      case 'changed':
        return context.body(null, 204);
      case 'wrong':
        return refuse(context, 'invalid', { issues: [{ path: '/current', code: 'wrong-password' }] });
      case 'refused':
        return refuse(context, 'invalid', { issues: [{ path: '/next', code: 'PASSWORD_REFUSED' }] });
      case 'signed-out':
        return refuse(context, 'signed-out');
      case 'limited':
        return refuse(context, 'quota-exceeded', {}, { retryAfterMs: changed.retryAfterMs });
      default:
        changed.kind satisfies 'unavailable';
        return refuse(context, 'unavailable', {}, { retryAfterMs: changed.retryAfterMs });
    }
  });
  return router;
}
