/** The page that follows, as RFC 8288 says it: `Link: <address>; rel="next"`. */
import { sourceError } from './source-error.ts';

/**
 * @returns undefined when there is none
 * @throws HoldfastError SOURCE_INVALID - it is on another server: left out, the catalogue would miss a part
 */
export function nextPageOf(link: string | null, base: URL): string | undefined {
  const [, target] = /<([^>]*)>\s*;[^,]*\brel="?next\b"?/.exec(link ?? '') ?? [];
  if (target === undefined) return undefined;
  const next = URL.parse(target, base.href);
  if (next?.origin === base.origin) return next.href;
  throw sourceError('SOURCE_INVALID', base.href, 'continues on another server');
}
