/** The rate limit on every backend, opened by where it is: by tests and by their children. */
import { join } from 'node:path';
import { LockRunner } from '@holdfast/lock-runner';
import { FileRateLimits, type RateLimit, type RateLimitStore } from '@holdfast/runtime-stores';
import { RedisRateLimits } from '@holdfast/runtime-stores/redis';
import { TruthRateLimits } from '@holdfast/runtime-stores/sql';
import { openTruth } from '@holdfast/truth-db';
import { redisClientOf } from '../support/redis-hosts.ts';
import type { Backend } from './captcha-token-stores.ts';

export interface OpenRateLimits extends AsyncDisposable {
  readonly store: RateLimitStore;
}

/** Nothing comes back while a test runs. */
export const slow = { limit: 10, periodMs: 24 * 3_600_000 } as const;
export const burstOfTen: RateLimit = { name: 'storm', ...slow, burst: 10 };
/** To be counted by what is left of it. */
export const countable: RateLimit = { name: 'kills', ...slow, burst: 100_000 };
/** More than anybody takes. */
export const endless: RateLimit = { name: 'endless', limit: 3_600, periodMs: 3_600_000, burst: 100_000_000 };

export async function openRateLimits(backend: Backend, place: string): Promise<OpenRateLimits> {
  switch (backend) {
    case 'file': {
      const runner = new LockRunner({ directory: join(place, 'locks') });
      const directory = join(place, 'rate-limit');
      return opened(new FileRateLimits({ directory, runner, waitMs: 30_000 }), () => runner.close());
    }
    case 'SQLite':
    case 'MariaDB': {
      const truth = openTruth(place, { busyTimeoutMs: 30_000 });
      return opened(new TruthRateLimits(truth), () => truth.close());
    }
    case 'Redis': {
      const client = redisClientOf(place);
      await client.connect();
      return opened(new RedisRateLimits({ client, answerMs: 30_000 }), async () => client.destroy());
    }
    default:
      return backend satisfies never;
  }
}

function opened(store: RateLimitStore, close: () => Promise<void>): OpenRateLimits {
  return { store, [Symbol.asyncDispose]: close };
}
