/** A refresh in this very process, composed as the command composes it; a test may stop it at a step or make calls fail. */
import type { FilePort } from '@holdfast/atomic-writer';
import type { Clock } from '@holdfast/base';
import type { LockBackendName } from '@holdfast/host/config';
import { openCache } from '../../apps/metadata-cache/src/open-cache.ts';
import {
  type RefreshOptions,
  type RefreshResult,
  runRefresh,
} from '../../apps/metadata-cache/src/refresh/run-refresh.ts';
import { sourceOf } from '../../apps/metadata-cache/src/source/source-of.ts';
import { cacheReason } from '../../apps/metadata-cache/src/steward/cache-reason.ts';

export interface OwnRefreshOptions {
  readonly stateDir: string;
  readonly url: string;
  /** Default 60 000. */
  readonly waitMs?: number;
  readonly only?: string;
  /** Default 1 000 000 000. */
  readonly maxBytes?: number;
  /** Default `auto`. */
  readonly lockBackend?: LockBackendName;
  readonly fs?: FilePort;
  readonly clock?: Clock;
  readonly onStep?: NonNullable<RefreshOptions['onStep']>;
}

export async function ownRefresh(options: OwnRefreshOptions): Promise<RefreshResult> {
  const { stateDir, url, waitMs = 60_000, only, fs, clock, onStep } = options;
  const { maxBytes = 1_000_000_000, lockBackend = 'auto' } = options;
  const source = sourceOf('foojay', url);
  const cache = openCache({
    stateDirectory: stateDir,
    source,
    lockBackend,
    observer: {},
    ...(clock === undefined ? {} : { clock }),
    ...(fs === undefined ? {} : { fs }),
  });
  return await runRefresh({
    cache,
    source,
    reason: cacheReason(only === undefined ? 'manual' : 'only', only),
    maxAgeMs: 86_400_000,
    waitMs,
    fetchTimeoutMs: 30_000,
    maxBytes,
    signal: new AbortController().signal,
    ...(clock === undefined ? {} : { clock }),
    ...(onStep === undefined ? {} : { onStep }),
  });
}
