/**
 * One GET, with its redirects: the body as text, or that it has not changed. Bodies are counted while they arrive, after
 * decompression, so a small answer that unpacks into a large one is ended in the middle.
 */
import { isHoldfastError } from '@holdfast/base';
import { nextPageOf } from './next-page.ts';
import { sourceError } from './source-error.ts';

export type Answer =
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'body';
      readonly text: string;
      readonly etag: string | undefined;
      /** Address of the page that follows this one. */
      readonly next: string | undefined;
    }
  | { readonly kind: 'unknown' };

export interface AttemptLimits {
  readonly signal: AbortSignal;
  /** Longest silence of the server, in milliseconds. */
  readonly idleMs: number;
  /** Told of the bytes that arrive; throws when there are too many. */
  readonly take: (address: string, bytes: number) => void;
}

/** What may go away by itself. */
export class Repeatable extends Error {
  readonly status: number | undefined;
  /** When the server wants to be asked again, in milliseconds from now. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    options: { cause?: unknown; status?: number; retryAfterMs?: number | undefined },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
  }
}

const mostRedirects = 5;
const redirects = new Set([301, 302, 303, 307, 308]);
const passing = new Set([408, 425, 429]);

/** @throws Repeatable, or HoldfastError for what repeating does not cure */
export async function attempt(
  address: string,
  etag: string | undefined,
  limits: AttemptLimits,
): Promise<Answer> {
  const silence = new AbortController();
  const signal = AbortSignal.any([limits.signal, silence.signal]);
  const timer = setTimeout(() => silence.abort(), limits.idleMs);
  try {
    const { url, response } = await follow(address, etag, signal);
    if (response.status === 304) return { kind: 'unchanged' };
    if (response.status === 404) return { kind: 'unknown' };
    refuseStatus(url, response);
    const text = await bodyOf(response, (bytes) => {
      timer.refresh();
      limits.take(address, bytes);
    });
    const { headers } = response;
    return {
      kind: 'body',
      text,
      etag: headers.get('etag') ?? undefined,
      next: nextPageOf(headers.get('link'), url),
    };
  } catch (error) {
    throw silence.signal.aborted
      ? new Repeatable(`was silent for ${limits.idleMs} ms`, { cause: error })
      : asFailure(address, error);
  } finally {
    clearTimeout(timer);
  }
}

/** By hand: `fetch` would follow from https to http, and tells nothing about circles. */
async function follow(address: string, etag: string | undefined, signal: AbortSignal) {
  const { url: start, authorization } = withoutCredentials(address);
  const tag = etag === undefined ? {} : { 'if-none-match': etag };
  let url = start;
  for (let count = 0; count <= mostRedirects; count += 1) {
    // Credentials are for the server that they were given for, and for no other.
    const own = url.origin === start.origin ? authorization : {};
    const headers = { accept: 'application/json', ...tag, ...own };
    const response = await fetch(url, { headers, signal, redirect: 'manual' });
    const location = response.headers.get('location');
    if (!redirects.has(response.status) || location === null) return { url, response };
    await response.body?.cancel();
    url = targetOf(location, url, address);
  }
  throw sourceError(
    'SOURCE_UNAVAILABLE',
    address,
    `redirects more than ${mostRedirects} times, or in circles`,
  );
}

function targetOf(location: string, from: URL, address: string): URL {
  const target = new URL(location, from);
  if (/^https?:$/.test(target.protocol) && (from.protocol === 'http:' || target.protocol === 'https:'))
    return target;
  throw sourceError('SOURCE_UNTRUSTED', address, `redirects from ${from.protocol} to ${target.protocol}`);
}

/** `fetch` takes no address that has them; they go as they would from a browser. */
function withoutCredentials(address: string) {
  const url = new URL(address);
  const { username, password } = url;
  if (username === '' && password === '') return { url, authorization: {} };
  url.username = '';
  url.password = '';
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { url, authorization: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}

function refuseStatus(url: URL, { status, headers }: Response): void {
  if (status === 200) return;
  if (status >= 500 || passing.has(status))
    throw new Repeatable(`answered ${status}`, {
      status,
      retryAfterMs: retryAfterOf(headers.get('retry-after')),
    });
  throw sourceError('SOURCE_UNAVAILABLE', url.href, `answered ${status}`, { details: { status } });
}

async function bodyOf(response: Response, onBytes: (bytes: number) => void): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: false });
  const pieces: string[] = [];
  for await (const piece of response.body ?? []) {
    onBytes(piece.byteLength);
    pieces.push(decoder.decode(piece, { stream: true }));
  }
  pieces.push(decoder.decode());
  return pieces.join('');
}

/** Seconds, or a date. */
function retryAfterOf(text: string | null): number | undefined {
  if (text === null) return undefined;
  const ms = /^\d{1,6}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

const certificateCodes =
  /^(?:CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO)/;

function asFailure(address: string, error: unknown): unknown {
  if (isHoldfastError(error) || error instanceof Repeatable) return error;
  const code = codeOf(error);
  if (code !== undefined && certificateCodes.test(code))
    return sourceError('SOURCE_UNTRUSTED', address, `does not prove who it is (${code})`, { cause: error });
  return new Repeatable(`cannot be read (${code ?? messageOf(error)})`, { cause: error });
}

/** The first code in the chain of causes: `fetch` wraps what really happened. */
function codeOf(error: unknown): string | undefined {
  for (
    let link = error;
    typeof link === 'object' && link !== null;
    link = (link as { cause?: unknown }).cause
  ) {
    const { code } = link as { readonly code?: unknown };
    if (typeof code === 'string') return code;
  }
  return undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
