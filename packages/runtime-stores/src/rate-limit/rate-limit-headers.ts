/**
 * The header fields that tell a client its quota: `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers,
 * and `Retry-After` for a refusal. Names of policies are quoted strings (RFC 8941), whole seconds are rounded up, and `t`
 * agrees with `Retry-After`, which wins where both are read.
 *
 * Not for the bucket of an account: who sees it learns that somebody else tries that account.
 */
import type { RateDecision, RateLimit } from './rate-limit.ts';

export type RateLimitHeaders = Readonly<
  Partial<Record<'RateLimit-Policy' | 'RateLimit' | 'Retry-After', string>>
>;

export interface RateLimitHeaderOptions {
  /** What the quota is counted by, as bytes that tell nothing: the `pk` of the draft. */
  readonly partitionKey?: Uint8Array;
}

export function rateLimitHeaders(
  { name, limit, periodMs }: RateLimit,
  { isAllowed, remaining, retryAfterMs, resetAfterMs }: RateDecision,
  { partitionKey }: RateLimitHeaderOptions = {},
): RateLimitHeaders {
  const by = partitionKey === undefined ? '' : `;pk=:${Buffer.from(partitionKey).toString('base64')}:`;
  // A cost that never fits has no moment from which it would.
  const seconds = toSeconds(
    isAllowed || retryAfterMs === Number.POSITIVE_INFINITY ? resetAfterMs : retryAfterMs,
  );
  const retry = isAllowed || retryAfterMs === Number.POSITIVE_INFINITY ? {} : { 'Retry-After': `${seconds}` };
  return {
    'RateLimit-Policy': `"${name}";q=${limit};w=${toSeconds(periodMs)}${by}`,
    RateLimit: `"${name}";r=${remaining};t=${seconds}${by}`,
    ...retry,
  };
}

function toSeconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
