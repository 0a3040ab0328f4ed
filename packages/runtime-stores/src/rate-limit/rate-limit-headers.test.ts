/** The fields of draft-ietf-httpapi-ratelimit-headers, as they go out. */
import { describe, expect, it } from 'vitest';
import type { RateDecision, RateLimit } from './rate-limit.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';

const limit: RateLimit = { name: 'login', limit: 10, periodMs: 3_600_000, burst: 10 };
const decision: RateDecision = { isAllowed: true, remaining: 9, retryAfterMs: 0, resetAfterMs: 359_001 };

describe('the header fields of a rate limit', () => {
  it('tell quota and rest of an allowed call', () => {
    expect(rateLimitHeaders(limit, decision)).toEqual({
      'RateLimit-Policy': '"login";q=10;w=3600',
      RateLimit: '"login";r=9;t=360',
    });
  });

  it('tell the same time twice for a refused one, rounded up', () => {
    const refused = { isAllowed: false, remaining: 0, retryAfterMs: 41_001, resetAfterMs: 3_600_000 };
    expect(rateLimitHeaders(limit, refused)).toEqual({
      'RateLimit-Policy': '"login";q=10;w=3600',
      RateLimit: '"login";r=0;t=42',
      'Retry-After': '42',
    });
  });

  it('promise no time to what can never be allowed', () => {
    const never = { ...decision, isAllowed: false, retryAfterMs: Number.POSITIVE_INFINITY };
    expect(rateLimitHeaders(limit, never)).not.toHaveProperty('Retry-After');
    expect(rateLimitHeaders(limit, never).RateLimit).toBe('"login";r=9;t=360');
  });

  it('say by what is counted, as bytes', () => {
    const { 'RateLimit-Policy': policy } = rateLimitHeaders(limit, decision, {
      partitionKey: new Uint8Array([1, 2, 255]),
    });
    expect(policy).toBe('"login";q=10;w=3600;pk=:AQL/:');
  });
});
