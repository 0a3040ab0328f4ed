/** What the bucket of a limit and a key is called in a store, before it is hashed. */
import { hash } from 'node:crypto';
import { HoldfastError } from '@holdfast/base';
import type { RateLimit } from './rate-limit.ts';

/**
 * One text for the two: a name has no NUL, so no other pair makes the same.
 *
 * @throws HoldfastError USAGE - an empty key, which is one that somebody forgot
 */
export function bucketName({ name }: RateLimit, key: string): string {
  if (typeof key !== 'string' || key === '')
    throw new HoldfastError('USAGE', `the rate limit ${name} was asked for no key`, { details: { name } });
  return `${name}\0${key}`;
}

/** Its SHA-256, 64 hexadecimal digits: keys may be long, and are nobody's business. */
export function bucketHash(limit: RateLimit, key: string): string {
  return hash('sha256', bucketName(limit, key), 'hex');
}
