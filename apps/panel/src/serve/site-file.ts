/** One file of the site as it is answered: its type, how long it may be kept, and its compressed forms. */
import { createHash } from 'node:crypto';
import { extname } from 'node:path';

export type SiteEncoding = 'br' | 'gzip' | 'identity';

export interface SiteForm {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of this form: a cache must not take one for the other. */
  readonly etag: string;
}

export interface SiteFile {
  readonly type: string;
  readonly cacheControl: string;
  readonly forms: ReadonlyMap<SiteEncoding, SiteForm>;
}

/** The best first. */
export const siteEncodings: readonly SiteEncoding[] = ['br', 'gzip', 'identity'];

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

/** `assets/index-B4x_9aQz.js`: its name changes with its content, so nobody need ever ask again. */
const hashedName = /^\/assets\/[^/]+-[\w-]{8}\.\w+$/;

/** @param path - as in a URL, `/assets/index-B4x_9aQz.js` */
export function siteFile(
  path: string,
  contents: ReadonlyMap<SiteEncoding, Uint8Array<ArrayBuffer>>,
): SiteFile {
  const forms = [...contents].map(([encoding, bytes]) => [encoding, { bytes, etag: etagOf(bytes) }] as const);
  return {
    type: types[extname(path).toLowerCase()] ?? 'application/octet-stream',
    cacheControl: hashedName.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
    forms: new Map(forms),
  };
}

/** The best form that the client takes, by its `Accept-Encoding`. */
export function chooseEncoding(forms: SiteFile['forms'], accepted: string | null): SiteEncoding {
  const weights = new Map(
    (accepted ?? '').split(',').map((part) => {
      const [name = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
      return [name, weight === undefined ? 1 : Number(weight)] as const;
    }),
  );
  const isTaken = (encoding: SiteEncoding) =>
    encoding === 'identity' || (weights.get(encoding) ?? weights.get('*') ?? 0) > 0;
  return siteEncodings.find((encoding) => forms.has(encoding) && isTaken(encoding)) ?? 'identity';
}

function etagOf(bytes: Uint8Array): string {
  return `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
}
