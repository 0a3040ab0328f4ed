/**
 * The panel as one app: what is around every request, the groups of routes, and the pages.
 *
 * Below /v1 nobody gets to a route without being logged in, unless `public-routes.ts` names it; a group of routes has nothing to
 * do for that, and finds the identity of who asks in its context.
 */
import type { OpenAPIHono } from '@hono/zod-openapi';
import { auditRoutes } from '../audit/audit-routes.ts';
import { connectionRoutes } from '../connections/connection-routes.ts';
import { customerRoutes } from '../customers/customer-routes.ts';
import { eventRoutes } from '../feed/event-routes.ts';
import { gatewayRoutes } from '../gateway/gateway-routes.ts';
import { authRoutes } from '../login/login-routes.ts';
import { type SecurityHeaders, securityHeaders } from '../serve/security-headers.ts';
import type { StaticSite } from '../serve/static-site.ts';
import { sessionRoutes } from '../sessions/session-routes.ts';
import { answerError } from './answer-error.ts';
import { limitBody, neverStored, requireJson } from './api-limits.ts';
import { describeApi } from './openapi-route.ts';
import type { PanelEnv } from './panel-env.ts';
import type { PanelParts } from './panel-parts.ts';
import { panelRouter } from './panel-router.ts';
import { requireIdentity } from './require-identity.ts';
import { tracing } from './tracing.ts';
import { unknownPath } from './unknown-path.ts';

/** @param site - the pages; without them only the API is served */
export function createApp(
  parts: PanelParts,
  site?: StaticSite,
  headers: SecurityHeaders = {},
): OpenAPIHono<PanelEnv> {
  const app = panelRouter();
  app.use(tracing(parts), securityHeaders(headers));
  app.use('/v1/*', neverStored, limitBody, requireJson, requireIdentity(parts.logins));
  const groups = [
    authRoutes(parts),
    customerRoutes(parts),
    connectionRoutes(parts),
    sessionRoutes(parts),
    gatewayRoutes(parts),
    auditRoutes(parts),
    eventRoutes(parts),
  ];
  for (const group of groups) app.route('/', group);
  describeApi(app);
  app.onError(answerError(parts.log));
  app.notFound(unknownPath(app, site));
  return app;
}
