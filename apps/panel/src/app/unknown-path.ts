/** What has no route: below /v1 a problem, with the methods of the path where it has others; elsewhere a page or a file of the UI. */
import type { Context, Hono, NotFoundHandler } from 'hono';
import type { StaticSite } from '../serve/static-site.ts';
import type { PanelEnv } from './panel-env.ts';
import { refuse } from './problem-answer.ts';

export function unknownPath(app: Hono<PanelEnv>, site: StaticSite | undefined): NotFoundHandler<PanelEnv> {
  return (context) => {
    const { path } = context.req;
    if (path === '/v1' || path.startsWith('/v1/')) return unknownRoute(app, context);
    return site?.answer(context.req.raw) ?? refuse(context, 'not-found');
  };
}

function unknownRoute(app: Hono<PanelEnv>, context: Context<PanelEnv>): Response {
  const methods = new Set(
    app.routes
      .filter(({ method, path }) => method !== 'ALL' && isAt(path, context.req.path))
      .map(({ method }) => method),
  );
  if (methods.size === 0) return refuse(context, 'not-found');
  if (methods.has('GET')) methods.add('HEAD');
  return refuse(
    context,
    'method-not-allowed',
    {},
    { headers: { Allow: [...methods].toSorted().join(', ') } },
  );
}

/** @param route - `/v1/customers/:id` */
function isAt(route: string, path: string): boolean {
  const [parts, asked] = [route.split('/'), path.split('/')];
  return (
    parts.length === asked.length &&
    parts.every((part, index) => (part.startsWith(':') ? asked[index] !== '' : part === asked[index]))
  );
}
