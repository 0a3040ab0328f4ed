/** SHA-256 of what is written, in one call for bytes that are at hand, in pieces for a stream. */
import { createHash, hash } from 'node:crypto';

/** @returns 64 hex digits. About 3 µs for 4 KB. */
export function sha256Of(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

/** Collects pieces; `digest('hex')` ends it. */
export interface RunningDigest {
  update(bytes: Uint8Array): unknown;
  digest(encoding: 'hex'): string;
}

export function runningSha256(): RunningDigest {
  return createHash('sha256');
}
