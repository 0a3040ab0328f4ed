/** What `nas_applied` keeps of attributes: a digest, by which those that the NAS has are compared with those it should have. */
import { createHash } from 'node:crypto';
import type { NasAttribute } from './radius-attribute.ts';

/** SHA-256 of the attributes in their order; equal ones have equal marks. */
export function nasMarkOf(attributes: readonly NasAttribute[]): string {
  const text = JSON.stringify(attributes.map(({ name, value }) => [name, value]));
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
