/**
 * The headers that every answer has, whatever it is: what a browser may do with it, and that nobody else may frame, embed or
 * guess it. There are no inline scripts and styles anywhere, so the policy needs no nonce.
 */
import type { MiddlewareHandler } from 'hono';

export interface SecurityHeaders {
  /** Whether browsers reach us over TLS, our own or that of a proxy; then they are told to come back by no other way. */
  readonly isSecure?: boolean;
}

const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const always: readonly (readonly [string, string])[] = [
  ['Content-Security-Policy', contentPolicy],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'], // for what does not read frame-ancestors
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Permissions-Policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()'],
];

/** Browsers take it from where nobody can change it on the way, and warn of it elsewhere. */
const openerPolicy = ['Cross-Origin-Opener-Policy', 'same-origin'] as const;
const loopback = /^(?:(?:.+\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** One year. Without includeSubDomains: other services of the domain are not ours to bind. */
const transportSecurity = 'max-age=31536000';

export function securityHeaders({ isSecure = false }: SecurityHeaders = {}): MiddlewareHandler {
  return async (context, next) => {
    await next();
    const { headers } = context.res;
    for (const [name, value] of always) headers.set(name, value);
    if (isSecure || loopback.test(new URL(context.req.url).hostname)) headers.set(...openerPolicy);
    if (isSecure) headers.set('Strict-Transport-Security', transportSecurity);
    headers.delete('Server');
    headers.delete('X-Powered-By');
  };
}
