/**
 * The pages of the panel, as Vite has built them. All of them are read when the panel starts, so a path is a name in a table and
 * never one of a file system, and a new build that is copied over the old one is not served half.
 *
 * What has no extension and is no file is a page that the browser finds by itself: it gets index.html.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { errnoOf, HoldfastError } from '@holdfast/base';
import { chooseEncoding, type SiteEncoding, type SiteFile, siteFile } from './site-file.ts';

export interface StaticSite {
  /** Answers GET and HEAD of every path that is not the API's. */
  answer(request: Request): Response;
}

/** Many times what a build has; a directory that was named by mistake shall not fill the memory. */
const mostBytes = 64 * 2 ** 20;
const endings: readonly (readonly [string, SiteEncoding])[] = [
  ['.br', 'br'],
  ['.gz', 'gzip'],
];

/**
 * @param directory - without index.html, or when it is not there, every path answers that nothing is built
 * @throws HoldfastError READ_FAILED - it cannot be read
 * @throws HoldfastError CONFIG_INVALID - it has more than a site has
 */
export function loadStaticSite(directory: string): StaticSite {
  return staticSite(filesIn(directory));
}

/** @param files - by path, `/index.html` */
export function staticSite(files: ReadonlyMap<string, SiteFile>): StaticSite {
  const index = files.get('/index.html');
  const fileAt = (path: string) => files.get(path) ?? (isPage(path) ? index : undefined);
  return {
    answer: (request) => {
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return plain(405, 'method not allowed', { Allow: 'GET, HEAD' });
      if (index === undefined)
        return plain(503, 'The pages of this panel are not built: npm run build builds them.');
      const path = pathOf(request.url);
      const file = path === undefined ? undefined : fileAt(path);
      return file === undefined ? plain(404, 'not found') : fileAnswer(file, request);
    },
  };
}

function plain(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Response {
  const told = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', ...headers };
  return new Response(`${text}\n`, { status, headers: told });
}

function fileAnswer({ type, cacheControl, forms }: SiteFile, { method, headers }: Request): Response {
  const encoding = chooseEncoding(forms, headers.get('accept-encoding'));
  const form = forms.get(encoding);
  if (form === undefined) return plain(404, 'not found');
  const told = new Headers({ 'Cache-Control': cacheControl, ETag: form.etag });
  if (forms.size > 1) told.set('Vary', 'Accept-Encoding');
  if (isKnown(headers.get('if-none-match'), form.etag))
    return new Response(null, { status: 304, headers: told });
  told.set('Content-Type', type);
  told.set('Content-Length', String(form.bytes.length));
  if (encoding !== 'identity') told.set('Content-Encoding', encoding);
  return new Response(method === 'HEAD' ? null : form.bytes, { headers: told });
}

/** Proxies weaken the tag of what they compress. */
function isKnown(ifNoneMatch: string | null, etag: string): boolean {
  return (ifNoneMatch ?? '').split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));
}

/** Undefined for what is no text in UTF-8. */
function pathOf(url: string): string | undefined {
  try {
    return decodeURIComponent(new URL(url).pathname);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function isPage(path: string): boolean {
  return !(path.split('/').at(-1) ?? '').includes('.') && !path.startsWith('/assets/');
}

function filesIn(directory: string): ReadonlyMap<string, SiteFile> {
  const contents = new Map<string, Map<SiteEncoding, Uint8Array<ArrayBuffer>>>();
  let sizeBytes = 0;
  for (const path of pathsIn(directory)) {
    const bytes = contentOf(join(directory, path));
    sizeBytes += bytes.length;
    if (sizeBytes > mostBytes)
      throw new HoldfastError(
        'CONFIG_INVALID',
        `${directory} has more than ${mostBytes} bytes: it is no site`,
        {
          details: { directory },
        },
      );
    const [ending, encoding] = endings.find(([one]) => path.endsWith(one)) ?? ['', 'identity' as const];
    const name = `/${path.slice(0, path.length - ending.length)}`;
    const forms = contents.get(name) ?? new Map<SiteEncoding, Uint8Array<ArrayBuffer>>();
    contents.set(name, forms.set(encoding, bytes));
  }
  // A compressed form without its original is a leftover of an earlier build.
  const whole = [...contents].filter(([, forms]) => forms.has('identity'));
  return new Map(whole.map(([name, forms]) => [name, siteFile(name, forms)]));
}

/** Regular files; a link could lead anywhere. */
function pathsIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return [];
    throw unreadable(directory, cause);
  }
}

function contentOf(path: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): HoldfastError {
  return new HoldfastError('READ_FAILED', `${path} cannot be read (${errnoOf(cause) ?? 'unknown error'})`, {
    cause,
    details: { path },
  });
}
