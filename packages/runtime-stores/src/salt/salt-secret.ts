/** Making secrets of salts, keys under them, and the only name by which one is spoken of. */
import { createHmac, hash, randomBytes } from 'node:crypto';
import { overlapping, type SaltState } from './salt-state.ts';

export interface SaltedKeys {
  /** Under the current salt: 64 hexadecimal digits. */
  readonly current: string;
  /** Under the salt before, while it overlaps. */
  readonly previous?: string;
}

const secretBytes = 32;
const labelDigits = 8;
/** Nothing else that is ever keyed with such a secret has these first bytes. */
const purpose = 'holdfast ip-salt 1\0';

export function newSaltSecret(): string {
  return randomBytes(secretBytes).toString('base64url');
}

/** @returns whether `text` is the secret of a salt: exactly 32 bytes, base64url */
export function isSaltSecret(text: unknown): text is string {
  return typeof text === 'string' && /^[A-Za-z0-9_-]{43}$/.test(text);
}

/** What people and logs call a salt: tells two apart and nothing about either. */
export function saltLabel(secret: string): string {
  return hash('sha256', `${purpose}${secret}`, 'hex').slice(0, labelDigits);
}

/** @param text - what is to be hidden: an address, an account; any text */
export function saltedKeys(state: SaltState, text: string, nowMs: number): SaltedKeys {
  const previous = overlapping(state, nowMs);
  const current = keyOf(state.current.secret, text);
  return previous === undefined ? { current } : { current, previous: keyOf(previous.secret, text) };
}

function keyOf(secret: string, text: string): string {
  return createHmac('sha256', Buffer.from(secret, 'base64url')).update(purpose).update(text).digest('hex');
}
