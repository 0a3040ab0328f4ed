/**
 * Logging in and out over HTTP. Those routes that go by a cookie ask for the header that no other site can send; the others
 * below /v1/auth that are for somebody who is logged in go by the access token as everything else does.
 *
 * No refusal touches a cookie: it may be that of the loser of a race, whose winner has just set the next one.
 */
import { captchaSchema, grantedSchema, loginSchema } from '@holdfast/panel-client/schema';
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { PanelEnv } from '../app/panel-env.ts';
import type { PanelParts } from '../app/panel-parts.ts';
import { panelRouter } from '../app/panel-router.ts';
import { refuse } from '../app/problem-answer.ts';
import { answers, ofBodies } from '../app/route-answers.ts';
import { accountRoutes } from './account-routes.ts';
import { isOwnCookieRequest, isOwnOrigin } from './csrf.ts';
import type { LoginAnswer, LoginGrant, Logins } from './logins.ts';

const tags = ['Login'];
const csrfNote = 'Goes by the refresh cookie, and needs the header `X-Holdfast-Csrf: 1`.';

const captcha = createRoute({
  method: 'get',
  path: '/v1/auth/captcha',
  operationId: 'captcha',
  summary: 'What to solve when a login asks for a CAPTCHA',
  tags,
  security: [],
  responses: answers(
    { 200: { description: 'A challenge, which is solved by work', schema: captchaSchema } },
    [],
  ),
});

const login = createRoute({
  method: 'post',
  path: '/v1/auth/login',
  operationId: 'login',
  summary: 'Log in',
  tags,
  security: [],
  request: { body: { content: { 'application/json': { schema: loginSchema } }, required: true } },
  responses: answers(
    { 200: { description: 'Logged in; the refresh cookie is set', schema: grantedSchema } },
    [...ofBodies, 'login-failed', 'captcha-required', 'captcha-invalid', 'csrf', 'quota-exceeded'],
  ),
});

const refresh = createRoute({
  method: 'post',
  path: '/v1/auth/refresh',
  operationId: 'refresh',
  summary: 'Take the refresh cookie for its successor and a new access token',
  description: csrfNote,
  tags,
  security: [],
  responses: answers({ 200: { description: 'The next tokens', schema: grantedSchema } }, [
    'session-ended',
    'refresh-superseded',
    'csrf',
  ]),
});

const logout = createRoute({
  method: 'post',
  path: '/v1/auth/logout',
  operationId: 'logout',
  summary: 'End the login of the refresh cookie',
  description: csrfNote,
  tags,
  security: [],
  responses: answers({ 204: { description: 'Ended, or there was none; the cookie is taken away' } }, [
    'csrf',
  ]),
});

export function authRoutes(parts: Pick<PanelParts, 'logins' | 'clientAddress'>): OpenAPIHono<PanelEnv> {
  const { logins, clientAddress } = parts;
  const router = panelRouter();
  router.openapi(captcha, async (context) => context.json(await logins.captcha(), 200));
  router.openapi(login, async (context) => {
    if (!isOwnOrigin(context)) return refuse(context, 'csrf');
    const { cookies } = logins;
    const deviceId = cookies.deviceId(context) ?? cookies.newDeviceId();
    const userAgent = context.req.header('user-agent');
    const address = clientAddress(context);
    const answer = await logins.login({ ...context.req.valid('json'), deviceId, userAgent, address });
    if (answer.kind !== 'granted') return refuseLogin(context, answer);
    // Whoever logs in where somebody is logged in takes their place.
    const previous = cookies.refreshToken(context);
    if (previous !== undefined) await logins.logout(previous);
    cookies.setDevice(context, deviceId);
    for (const [name, value] of Object.entries(answer.headers)) context.header(name, value);
    return answerGrant(context, logins, answer);
  });
  router.openapi(refresh, async (context) => {
    if (!isOwnCookieRequest(context)) return refuse(context, 'csrf');
    const token = logins.cookies.refreshToken(context);
    if (token === undefined) return refuse(context, 'session-ended');
    const result = await logins.refresh(token, logins.cookies.deviceId(context));
    if (result.kind === 'granted') return answerGrant(context, logins, result);
    return refuse(context, result.code === 'refresh_superseded' ? 'refresh-superseded' : 'session-ended');
  });
  router.openapi(logout, async (context) => {
    if (!isOwnCookieRequest(context)) return refuse(context, 'csrf');
    const token = logins.cookies.refreshToken(context);
    if (token !== undefined) await logins.logout(token);
    logins.cookies.clear(context);
    return context.body(null, 204);
  });
  router.route('/', accountRoutes(parts));
  return router;
}

function answerGrant(
  context: Context<PanelEnv>,
  { cookies }: Logins,
  { granted, refreshToken, idleMs }: LoginGrant,
) {
  cookies.set(context, refreshToken, idleMs);
  return context.json(granted, 200);
}

function refuseLogin(
  context: Context<PanelEnv>,
  answer: Exclude<LoginAnswer, { readonly kind: 'granted' }>,
): Response {
  if (answer.kind === 'unavailable')
    return refuse(context, 'unavailable', {}, { retryAfterMs: answer.retryAfterMs });
  const { headers } = answer;
  if (answer.kind === 'limited')
    return refuse(context, 'quota-exceeded', {}, { retryAfterMs: answer.retryAfterMs, headers });
  const members = { captcha: answer.needsCaptcha ? 'required' : 'not_required' } as const;
  if (answer.kind === 'failed') return refuse(context, 'login-failed', members, { headers });
  return refuse(context, answer.kind, members, { headers });
}
