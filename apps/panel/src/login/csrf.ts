/**
 * Whether a request that comes with cookies was made by our own pages. A browser that sends a request for another site says
 * so, in `Sec-Fetch-Site` and `Origin`; and it sends no header of our own for another site without asking us first, which we
 * answer to nobody. Clients that are no browsers send neither, and have no cookies that somebody else could use.
 *
 * The origin is compared with `Host` by name and port: behind a proxy that ends TLS the two differ in their scheme. Such a
 * proxy has to pass `Host` on as it came.
 */
import type { Context } from 'hono';
import type { PanelEnv } from '../app/panel-env.ts';

export const csrfHeader = 'X-Holdfast-Csrf';

/** Of a request that uses a cookie. */
export function isOwnCookieRequest(context: Context<PanelEnv>): boolean {
  return context.req.header(csrfHeader) === '1' && isOwnOrigin(context);
}

/** Of one that only sets some: a page of another site must not log its visitors in here, as somebody else. */
export function isOwnOrigin({ req }: Context<PanelEnv>): boolean {
  const site = req.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin') return false;
  const origin = req.header('origin');
  return (
    origin === undefined || hostOf(origin) === (req.header('host') ?? new URL(req.url).host).toLowerCase()
  );
}

/** Undefined for `null`, which is the origin of sandboxed pages and of files. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
