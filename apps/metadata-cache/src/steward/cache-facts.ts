/** What is known when a decision is made: how the cache stands, and how much a reader may have repaired. */
import type { CacheLook } from '../cache-document.ts';
import { ageOf } from '../catalogue.ts';

export const cacheStates = [
  'fresh',
  'stale',
  'last-good',
  'absent',
  'corrupt',
  'unreadable',
  'newer',
] as const;
export type CacheState = (typeof cacheStates)[number];

/** `damaged`: what is beyond repair is fetched anew; `needed`: also what is missing or stale. */
export const allowances = ['never', 'damaged', 'needed'] as const;
export type Allowance = (typeof allowances)[number];

export interface CacheFacts {
  readonly state: CacheState;
  /** What a reader may have refreshed; it does not bind who asks for a refresh. */
  readonly allowance: Allowance;
}

export interface Freshness {
  readonly wallMs: number;
  readonly maxAgeMs: number;
}

export function stateOf(look: CacheLook, { wallMs, maxAgeMs }: Freshness): CacheState {
  if (look.state !== 'whole') return look.state;
  if (look.from === 'last-good') return 'last-good';
  return ageOf(look.catalogue, wallMs) > maxAgeMs ? 'stale' : 'fresh';
}
