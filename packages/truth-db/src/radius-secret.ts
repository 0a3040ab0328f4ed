/**
 * RADIUS secrets: what a device sends as User-Password. Kept as salted SHA-256 in the form that FreeRADIUS' `pap` checks
 * as `Password-With-Header`: `{ssha256}` and base64 of digest(secret, salt) with the salt behind it. 16 bytes of salt
 * make that 64 characters without padding, inside the 64 bytes that older `pap` decodes into.
 *
 * One round of SHA-256 resists nobody who guesses: use it for generated secrets, never for passwords that people choose.
 *
 * @see FreeRADIUS 3.2, rlm_pap: header_names, pap_auth_ssha2
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const header = '{ssha256}';
const digestBytes = 32;
const saltBytes = 16;

/** A new secret: 24 characters of base64url, 144 random bits, short enough to be typed into a device. */
export function newRadiusSecret(): string {
  return randomBytes(18).toString('base64url');
}

/** `secret` with a new salt, as `vpn_connections.radius_secret_hash` keeps it. */
export function hashRadiusSecret(secret: string): string {
  const salt = randomBytes(saltBytes);
  return header + Buffer.concat([digestOf(secret, salt), salt]).toString('base64');
}

/** Whether `hash` is one of `secret`; false for a hash of another form. Takes the same time wherever the two differ. */
export function isRadiusSecretOf(secret: string, hash: string): boolean {
  if (!hash.startsWith(header)) return false;
  const bytes = Buffer.from(hash.slice(header.length), 'base64');
  if (bytes.length <= digestBytes) return false;
  return timingSafeEqual(digestOf(secret, bytes.subarray(digestBytes)), bytes.subarray(0, digestBytes));
}

function digestOf(secret: string, salt: Uint8Array): Buffer {
  return createHash('sha256').update(secret, 'utf8').update(salt).digest();
}
