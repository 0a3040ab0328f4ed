/** The counters of all limits as an area. */
import { type Clock, systemClock } from '@holdfast/base';
import type { LockRunner } from '@holdfast/lock-runner';
import { FileRateLimits } from '../rate-limit/file-rate-limits.ts';
import { tatSchema } from '../rate-limit/tat-schema.ts';
import { KeyedArea } from './keyed-area.ts';

export interface RateLimitAreaOptions {
  readonly directory: string;
  readonly runner: LockRunner;
  /** How long a sweep waits for the lock of a document, in milliseconds. Default 2000. */
  readonly waitMs?: number;
  readonly clock?: Clock;
}

/** No limit says how long its buckets fill; whole documents say it of themselves. */
const longestLifeMs = 24 * 3_600_000;

export function rateLimitArea({ clock = systemClock, ...options }: RateLimitAreaOptions): KeyedArea {
  const { documents } = new FileRateLimits({ ...options, clock });
  return new KeyedArea({
    store: 'rate-limit',
    name: documents.scope,
    directory: options.directory,
    durability: 'none',
    longestLifeMs,
    clock,
    sets: [
      {
        documents,
        entry: tatSchema,
        isExpired: (tat, nowMs) => tat <= nowMs * 1_000,
        describe: (tat, nowMs) => ({ fullInMs: Math.max(0, Math.ceil(tat / 1_000 - nowMs)) }),
      },
    ],
  });
}
