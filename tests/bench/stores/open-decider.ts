/**
 * One decision of each contender, as a user of its exported API makes it. The bare Redis client calls the shortest script
 * that does the same: the generic cell rate algorithm on one key, by the server's clock.
 */
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { LockRunner } from '@holdfast/lock-runner';
import { FileRateLimits, type RateLimit } from '@holdfast/runtime-stores';
import { RedisRateLimits } from '@holdfast/runtime-stores/redis';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import { createClient } from 'redis';
import type { DeciderKind, Outcome } from './decider-kind.ts';

/** Whether one more is allowed now. */
export type Decide = (key: string) => Promise<boolean>;

export interface Decider extends AsyncDisposable {
  readonly decide: Decide;
}

export interface DeciderOptions {
  readonly kind: DeciderKind;
  /** Of the files, on tmpfs. */
  readonly directory: string;
  /** Of the Redis server, on the loopback interface. */
  readonly port: number;
  readonly outcome: Outcome;
}

/** A bucket that no bench empties, and that takes minutes to be full again, so that nobody may forget it yet, or one that is empty after the first decision. */
const limits: Readonly<Record<Outcome, RateLimit>> = {
  allowed: Object.freeze({ name: 'bench', limit: 18, periodMs: 3_600_000, burst: 10_000_000 }),
  refused: Object.freeze({ name: 'bench', limit: 1, periodMs: 3_600_000, burst: 1 }),
};

const script = `
local time = redis.call('time')
local now = time[1] * 1000000 + time[2]
local interval, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2])
local tat = math.max(tonumber(redis.call('get', KEYS[1]) or now), now)
if tat - now > tolerance then return {0, string.format('%.0f', tat - now - tolerance)} end
redis.call('set', KEYS[1], string.format('%.0f', tat + interval), 'px', math.ceil((tat + interval - now) / 1000))
return {1, '0'}
`;

export async function openDecider(options: DeciderOptions): Promise<Decider> {
  const { kind, outcome } = options;
  switch (kind) {
    case 'holdfast file':
      return onFiles(options);
    case 'bare redis':
      return await onBareRedis(options);
    case 'holdfast redis': {
      const client = await connect(options);
      const store = new RedisRateLimits({ client });
      return closing(client, async (key) => (await store.take(limits[outcome], key)).isAllowed);
    }
    case 'flexible redis': {
      const client = await connect(options);
      return closing(
        client,
        flexible(
          new RateLimiterRedis({ storeClient: client, useRedisPackage: true, ...fixedWindow(outcome) }),
        ),
      );
    }
    case 'flexible memory':
      return {
        decide: flexible(new RateLimiterMemory(fixedWindow(outcome))),
        [Symbol.asyncDispose]: async () => undefined,
      };
    default:
      return kind satisfies never;
  }
}

function onFiles({ directory, outcome }: DeciderOptions): Decider {
  const runner = new LockRunner({ directory: join(directory, 'locks') });
  const store = new FileRateLimits({ directory: join(directory, 'rate-limit'), runner, waitMs: 60_000 });
  return {
    decide: async (key) => (await store.take(limits[outcome], key)).isAllowed,
    [Symbol.asyncDispose]: () => runner.close(),
  };
}

async function onBareRedis(options: DeciderOptions): Promise<Decider> {
  const client = await connect(options);
  await client.scriptLoad(script);
  const sha1 = hash('sha1', script);
  const { limit, periodMs, burst } = limits[options.outcome];
  const interval = (periodMs / limit) * 1_000;
  const parameters = [String(interval), String(interval * (burst - 1))];
  return closing(client, async (key) => {
    const answer = await client.evalSha(sha1, { keys: [`bench:${key}`], arguments: parameters });
    return Array.isArray(answer) && answer[0] === 1;
  });
}

/** It counts refused ones too, and says no by a rejection that is no error. */
function flexible(limiter: RateLimiterMemory | RateLimiterRedis): Decide {
  return async (key) => {
    try {
      await limiter.consume(key);
      return true;
    } catch (refusal) {
      if (refusal instanceof Error) throw refusal;
      return false;
    }
  };
}

function fixedWindow(outcome: Outcome): { readonly points: number; readonly duration: number } {
  return outcome === 'allowed' ? { points: 1_000_000_000, duration: 3_600 } : { points: 1, duration: 3_600 };
}

type Client = Awaited<ReturnType<typeof connect>>;

async function connect({ port }: DeciderOptions) {
  const client = createClient({ socket: { host: '127.0.0.1', port } });
  await client.connect();
  return client;
}

function closing(client: Client, decide: Decide): Decider {
  return { decide, [Symbol.asyncDispose]: async () => client.destroy() };
}
