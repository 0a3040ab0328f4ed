/** Why the cache is looked at. A reason never says what the catalogue shall be: that is asked of the source, under the lock. */
import type { TriggerReason } from '@holdfast/action-plan';
import { cacheScope } from '../cache-place.ts';

/** `only`: one distribution is wanted, the subject. The first three are met by readers, the others asked for by people. */
export const cacheReasonKinds = ['missing', 'stale', 'corrupt', 'manual', 'only'] as const;
export type CacheReasonKind = (typeof cacheReasonKinds)[number];

export type CacheReason = TriggerReason<CacheReasonKind>;

export function cacheReason(kind: CacheReasonKind, subject?: string): CacheReason {
  return { kind, scope: cacheScope, ...(subject === undefined ? {} : { subject }) };
}
