/**
 * The app as it is served: each answer is counted and, where it is worth a line, logged. The line tells who did what by the route,
 * never by the path with its query, and nothing of bodies and cookies.
 *
 * Requests below /v1 are refused while the database file is not there: the descriptor that is still open leads to one that nobody
 * will ever read.
 */
import type { Clock, Log } from '@holdfast/base';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { answerError } from '../app/answer-error.ts';
import { neverStored } from '../app/api-limits.ts';
import type { PanelEnv } from '../app/panel-env.ts';
import { panelRouter } from '../app/panel-router.ts';
import { refuse } from '../app/problem-answer.ts';
import { tracing } from '../app/tracing.ts';
import { unknownPath } from '../app/unknown-path.ts';
import type { PanelMetrics } from './panel-metrics.ts';
import { type SecurityHeaders, securityHeaders } from './security-headers.ts';
import type { StaticSite } from './static-site.ts';

export interface WatchedAppOptions {
  readonly app: OpenAPIHono<PanelEnv>;
  readonly site: StaticSite;
  readonly headers: SecurityHeaders;
  readonly log: Log;
  readonly clock: Clock;
  readonly metrics: PanelMetrics;
  /** Whether there is a database to ask. */
  readonly isDatabaseThere: () => boolean;
}

const retryAfterMs = 2_000;

export function watchedApp(options: WatchedAppOptions): OpenAPIHono<PanelEnv> {
  const { app, site, log, isDatabaseThere } = options;
  const outer = panelRouter();
  const away = awayApp(options);
  outer.use(observe(options));
  outer.use('/v1/*', async (context, next) => (isDatabaseThere() ? next() : away.fetch(context.req.raw)));
  outer.route('/', app);
  outer.onError(answerError(log));
  outer.notFound(unknownPath(app, site));
  return outer;
}

/** The API as long as there is nothing that it could ask. */
function awayApp(options: WatchedAppOptions): OpenAPIHono<PanelEnv> {
  const away = panelRouter();
  away.use(tracing(options), securityHeaders(options.headers), neverStored);
  away.all('*', (context) => refuse(context, 'unavailable', {}, { retryAfterMs }));
  return away;
}

function observe({ log, clock, metrics }: WatchedAppOptions): MiddlewareHandler<PanelEnv> {
  return async (context, next) => {
    const begunMs = clock.monotonicMs();
    await next();
    const tookMs = clock.monotonicMs() - begunMs;
    const { status } = context.res;
    const { method } = context.req;
    const route = routeOf(context);
    metrics.add('holdfast_panel_requests_total', 1, { route, status: String(status) });
    metrics.observe('holdfast_panel_request_seconds', tookMs / 1_000, { route });
    if (status === 409 || status === 412) await countConflict(metrics, context.res);
    const facts = {
      traceId: context.res.headers.get('X-Trace-Id'),
      method,
      route,
      status,
      ms: Math.round(tookMs),
      principal: (context.get('identity') as PanelEnv['Variables']['identity'] | undefined)?.principal,
    };
    const isRead = method === 'GET' || method === 'HEAD';
    if (status >= 500) log.warn(facts, 'request');
    else if (status >= 400 || !isRead) log.info(facts, 'request');
    else log.debug(facts, 'request');
  };
}

/** As the API describes it; what is not its own has one of two names, however many paths there are. */
function routeOf(context: Context<PanelEnv>): string {
  const routed = matchedRoutes(context).findLast(({ method }) => method !== 'ALL');
  if (routed !== undefined) return `${routed.method} ${routed.path.replaceAll(/:(\w+)/g, '{$1}')}`;
  return context.req.path === '/v1' || context.req.path.startsWith('/v1/') ? 'other' : 'site';
}

async function countConflict(metrics: PanelMetrics, answer: Response): Promise<void> {
  const { code } = (await answer.clone().json()) as { readonly code?: unknown };
  if (typeof code === 'string') metrics.add('holdfast_panel_conflicts_total', 1, { problem: code });
}
