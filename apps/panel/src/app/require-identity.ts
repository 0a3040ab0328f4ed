/** Lets nobody through who is not logged in. */
import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Identity, PanelEnv } from './panel-env.ts';
import { refuse } from './problem-answer.ts';
import { publicRoutes } from './public-routes.ts';

/** The part of the logins that knows access tokens. */
export interface Identifies {
  /** @returns undefined for a token that is none, has expired, or whose login was ended */
  identify(accessToken: string): Promise<Identity | undefined>;
}

const challenge = { headers: { 'WWW-Authenticate': 'Bearer realm="holdfast-panel"' } } as const;

/** For all of /v1: paths without a route are left to whoever answers that there is none. */
export function requireIdentity(logins: Identifies): MiddlewareHandler<PanelEnv> {
  return async (context, next) => {
    const { method, path } = context.req;
    const isRouted = matchedRoutes(context).some((route) => route.method !== 'ALL');
    if (!isRouted || publicRoutes.has(`${method === 'HEAD' ? 'GET' : method} ${path}`)) return next();
    const token = bearerOf(context.req.header('authorization'));
    const identity = token === undefined ? undefined : await logins.identify(token);
    if (identity === undefined) return refuse(context, 'signed-out', {}, challenge);
    context.set('identity', identity);
    return next();
  };
}

function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer +([\w.~+/-]+=*)$/i.exec(header ?? '')?.[1];
}
