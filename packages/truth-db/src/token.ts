/**
 * Tokens: 256 random bits that are told once. Truth keeps their SHA-256, so a copy of the database claims nothing; a
 * plain hash is enough, because nobody can try 2^256 of them. Not for passwords, which people choose.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A new token: 43 characters of base64url. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** SHA-256 of a token in hex: what truth keeps, and what a token is looked up by. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}

/** Whether `hash` is that of `token`. Takes the same time wherever the two differ. */
export function isTokenOf(token: string, hash: string): boolean {
  const [ours, theirs] = [Buffer.from(hashToken(token)), Buffer.from(hash)];
  return ours.length === theirs.length && timingSafeEqual(ours, theirs);
}
