/**
 * What a CAPTCHA is used up for. The id that a client sends stands for one attempt, and the same attempt may come again,
 * because its answer may have been lost. Taken as it is, one solved CAPTCHA and one id would try any number of passwords;
 * so the id by which a CAPTCHA is claimed is a MAC of what was sent, and another password is another attempt.
 *
 * The key is not in the database: who reads a claim there cannot try passwords against it.
 */
import { createHmac } from 'node:crypto';

export interface SentAttempt {
  /** A UUID that the client made. */
  readonly attemptId: string;
  readonly email: string;
  readonly password: string;
}

/** @returns a UUID (RFC 9562, version 8), the same for the same attempt */
export function boundAttemptId(key: Buffer, { attemptId, email, password }: SentAttempt): string {
  const mac = createHmac('sha256', key).update(JSON.stringify([attemptId.toLowerCase(), email, password]));
  const bytes = mac.digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
